// SPDX-License-Identifier: GPL-3.0-or-later
//
// JavaScript would round what PostgREST passes on as it is: integers beyond 2^53, the scale of numerics,
// numbers inside jsonb. A number whose text would change is therefore carried as its text (JSON.rawJSON),
// from the request's body to the database and from there to the reply. Bytea and timestamps leave in the
// form of PostgreSQL's row_to_json(), as with PostgREST.

import { types } from '@electric-sql/pglite';

const BOOL = 16, BYTEA = 17, INT8 = 20, JSON_ = 114, FLOAT4 = 700, FLOAT8 = 701, TIMESTAMPTZ = 1184, NUMERIC = 1700, JSONB = 3802;

const exactNumber = (text) => {
  if (!Number.isFinite (Number (text)))
    return text;
  return String (Number (text)) === text ? Number (text) : JSON.rawJSON (text);
};

const parse = JSON.parse;
const stringify = JSON.stringify;
// In JSON a number too large for JavaScript is one all the same, not a text as among float8's infinities.
const exactMember = (text) => Number.isFinite (Number (text)) ? exactNumber (text) : JSON.rawJSON (text);
const parseExactly = (text) => parse (text, (key, value, { source }) =>
  typeof value === 'number' ? exactMember (source) : value);

JSON.parse = (text, reviver) => reviver ? parse (text, reviver) : parseExactly (text);

const asText = (value) => JSON.isRawJSON (value) ? value.rawJSON : String (value);
const same = (text) => text;
const timestamp = (text) => text.replace (' ', 'T').replace (/([+-]\d\d)$/, '$1:00');

export const postgresTypes = {
  boolean: { to: BOOL, from: [BOOL], serialize: stringify, parse: (text) => text === 't' },
  number: { to: 0, from: [21, 23, 26], serialize: asText, parse: Number },
  bigint: { to: INT8, from: [INT8], serialize: asText, parse: exactNumber },
  numeric: { to: NUMERIC, from: [NUMERIC], serialize: asText, parse: exactNumber },
  float4: { to: FLOAT4, from: [FLOAT4], serialize: asText, parse: exactNumber },
  float8: { to: FLOAT8, from: [FLOAT8], serialize: asText, parse: exactNumber },
  json: { to: JSON_, from: [JSON_], serialize: stringify, parse: parseExactly },
  jsonb: { to: JSONB, from: [JSONB], serialize: stringify, parse: parseExactly },
  bytea: { to: BYTEA, from: [BYTEA], serialize: same, parse: same },
  timestamptz: { to: TIMESTAMPTZ, from: [TIMESTAMPTZ], serialize: same, parse: timestamp },
};

export const pgliteTypes = {
  parsers: {
    [INT8]: exactNumber, [NUMERIC]: exactNumber, [FLOAT4]: exactNumber, [FLOAT8]: exactNumber,
    [JSON_]: parseExactly, [JSONB]: parseExactly, [BYTEA]: same, [TIMESTAMPTZ]: timestamp,
  },
  serializers: {
    [INT8]: asText, [NUMERIC]: asText, [FLOAT4]: asText, [FLOAT8]: asText, [BYTEA]: same, [TIMESTAMPTZ]: same,
    [JSON_]: stringify, [JSONB]: stringify,
  },
};

const tryParse = (text) => {
  try {
    return parseExactly (text);
  } catch {
    return undefined;
  }
};

// The server takes a text in a jsonb column for JSON if it is some; for PostgREST it is a text. Written as JSON once
// more, it becomes that. @columns: the names of such columns.
export function keepTexts (body, columns)
{
  const keep = (row) => {
    for (const name of columns)
      if (typeof row?.[name] === 'string' && tryParse (row[name].trim ()) !== undefined)
        row[name] = stringify (row[name]);
  };
  const rows = tryParse (body);
  if (rows === undefined)
    return body;
  [rows].flat ().forEach (keep);
  return stringify (rows);
}

// For the owner's SQL: everything as PostgreSQL writes it.
export const pglitePlainParsers = Object.fromEntries (Object.values (types).filter (Number.isInteger).map ((oid) => [oid, same]));
