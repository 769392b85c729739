// SPDX-License-Identifier: GPL-3.0-or-later
//
// TLS and HTTP/2 before a cloud, as hosted Supabase's gateway has them, and what such a gateway does to its clients.
//
//     node gateway.mjs URL PEM
//
// It prints its port, then answers each line that it reads with one: `fault NAME AT` (to the request behind AT others,
// from now on), `count` (requests and connections since then, and whether that fault happened). It ends with its input.

import fs from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import readline from 'node:readline';

const { NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_ENHANCE_YOUR_CALM } = http2.constants;
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding'];
// Longer than an impatient client waits.
const LATE_MS = 400;

// Not even the whole request has arrived.
const early = {
  'reset-in-request': (stream) => stream.close (NGHTTP2_INTERNAL_ERROR),
  'gone-in-request': cutOff,
};

// Nothing was carried out.
const before = {
  'refused-stream': (stream) => stream.close (NGHTTP2_REFUSED_STREAM),
  'reset-stream': (stream) => stream.close (NGHTTP2_INTERNAL_ERROR),
  'calm-down': (stream) => stream.close (NGHTTP2_ENHANCE_YOUR_CALM),
  'goaway-without-it': (stream) => {
    stream.session.goaway (NGHTTP2_NO_ERROR, Math.max (stream.id - 2, 0));
    setTimeout (() => stream.session?.destroy (), 20);
  },
  'goaway-error': (stream) => stream.session.destroy (undefined, NGHTTP2_INTERNAL_ERROR),
  'gone': (stream) => cutOff (stream),
  'silent': () => {},
};

// It was carried out, and `answer` is the whole answer.
const after = {
  'goaway-with-it': (stream, answer) => {
    stream.session.goaway (NGHTTP2_NO_ERROR, stream.id);
    say (stream, answer);
    stream.session.close ();
  },
  'reset-after': (stream) => stream.close (NGHTTP2_INTERNAL_ERROR),
  'gone-after': (stream) => cutOff (stream),
  'cut': (stream, answer) => sayHalf (stream, answer, () => stream.close (NGHTTP2_INTERNAL_ERROR)),
  'gone-in-answer': (stream, answer) => sayHalf (stream, answer, () => cutOff (stream)),
  'late': (stream, answer) => setTimeout (() => say (stream, answer), LATE_MS),
  'half-late': (stream, answer) => sayHalf (stream, answer, (rest) => setTimeout (() => stream.end (rest), LATE_MS)),
};

const [target, pem] = process.argv.slice (2);
const upstream = new URL (target);
const agent = new http.Agent ({ keepAlive: true });
const connections = new WeakMap ();
const sockets = new Map ();
const state = { fault: null, at: 0, requests: 0, connections: 0, happened: false };

// The connection is gone without a word, in the midst of everything.
function cutOff ({ session })
{
  connections.get (session)?.destroy ();
}

function say (stream, { status, headers, body })
{
  if (stream.destroyed || stream.closed)
    return;
  stream.respond ({ ':status': status, ...headers });
  stream.end (body);
}

function sayHalf (stream, { status, headers, body }, then)
{
  const half = Math.ceil (body.length / 2);
  stream.respond ({ ':status': status, ...headers });
  stream.write (body.subarray (0, half), () => { if (!stream.destroyed) then (body.subarray (half)); });
}

function carryOut (headers, body, then)
{
  const sent = Object.fromEntries (Object.entries (headers).filter (([name]) => !name.startsWith (':')));
  const request = http.request ({
    host: upstream.hostname, port: upstream.port, agent, method: headers[':method'], path: headers[':path'],
    headers: { ...sent, host: upstream.host, 'content-length': body.length },
  }, (response) => {
    const parts = [];
    response.on ('data', (part) => parts.push (part));
    response.on ('end', () => {
      const received = Object.entries (response.headers).filter (([name]) => !HOP_BY_HOP.includes (name));
      then ({ status: response.statusCode, headers: Object.fromEntries (received), body: Buffer.concat (parts) });
    });
  });
  request.on ('error', () => then ({ status: 502, headers: { 'content-type': 'text/html' }, body: Buffer.from ('502') }));
  request.end (body);
}

function takeFault ()
{
  const fault = state.requests++ === state.at ? state.fault : null;
  state.happened ||= fault !== null;
  return fault;
}

function handle (stream, headers)
{
  const fault = takeFault ();
  const parts = [];
  stream.on ('error', () => {});
  if (fault in early)
    early[fault] (stream);
  stream.on ('data', (part) => parts.push (part));
  stream.on ('end', () => {
    if (fault in before)
      before[fault] (stream);
    else if (!(fault in early))
      carryOut (headers, Buffer.concat (parts), (answer) => {
        if (!stream.destroyed)
          (after[fault] ?? say) (stream, answer);
      });
  });
}

function obey (line)
{
  const [word, fault, at] = line.split (' ');
  if (word === 'count')
    return `${state.requests} ${state.connections} ${state.happened ? 1 : 0}`;
  if (fault !== 'none' && ![early, before, after].some ((kind) => fault in kind))
    return `no such fault: ${fault}`;
  Object.assign (state, { fault: fault === 'none' ? null : fault, at: Number (at), requests: 0, connections: 0, happened: false });
  return 'ready';
}

const identity = fs.readFileSync (pem);
const server = http2.createSecureServer ({ key: identity, cert: identity, settings: { initialWindowSize: 16384 } });
server.on ('connection', (socket) => {
  const { remotePort } = socket;
  sockets.set (remotePort, socket);
  socket.on ('close', () => sockets.delete (remotePort));
});
server.on ('session', (session) => {
  state.connections++;
  connections.set (session, sockets.get (session.socket.remotePort));
  session.on ('error', () => {});
});
server.on ('stream', handle);
server.listen (0, '127.0.0.1', () => {
  console.log (server.address ().port);
  readline.createInterface ({ input: process.stdin })
    .on ('line', (line) => console.log (obey (line)))
    .on ('close', () => process.exit ());
});
