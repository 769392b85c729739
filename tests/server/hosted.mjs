// SPDX-License-Identifier: GPL-3.0-or-later
//
// What hosted Supabase's gateway does that the server here does not.

export async function likeHosted (request, handle)
{
  const response = await handle (request);
  const accepts = request.headers.get ('accept-encoding') ?? '';
  if (!response.body || !/\bgzip\b/.test (accepts) || response.headers.has ('content-encoding'))
    return response;
  const headers = new Headers (response.headers);
  headers.set ('content-encoding', 'gzip');
  headers.append ('vary', 'Accept-Encoding');
  headers.delete ('content-length');
  return new Response (response.body.pipeThrough (new CompressionStream ('gzip')), { status: response.status, headers });
}
