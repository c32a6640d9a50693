/** Answers connections without a readable request: no HTTP, too slow, or with an invalid path. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, bodyOf } from './errors.js';

/** A path that Fastify cannot parse. The response does not repeat it. */
export function refuseAddress(error: FastifyError, _: FastifyRequest, reply: FastifyReply): void {
  const isTooLong = error.statusCode === 414;
  const message = isTooLong
    ? 'A part of the path is too long.'
    : 'The path is not percent-encoded correctly.';
  void reply
    .status(isTooLong ? 414 : 400)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(bodyOf(new ApiError('invalid_request', message))));
}

/** Input that Node's HTTP parser refused, so that there is no request for a route. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable) {
    const [status, answer] = errorOf(error.code);
    const body = JSON.stringify(bodyOf(answer));
    socket.write(
      [
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
        'Content-Type: application/json; charset=utf-8',
        `Content-Length: ${Buffer.byteLength(body)}`,
        'Connection: close',
        '',
        body,
      ].join('\r\n'),
    );
  }
  socket.destroy();
}

function errorOf(code: string | undefined): readonly [number, ApiError] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return [408, new ApiError('timeout', 'The request did not arrive in time.')];
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return [431, new ApiError('too_large', 'The headers are too large.')];
  }
  return [400, new ApiError('invalid_request', 'This is not an HTTP request.')];
}
