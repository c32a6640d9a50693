/** Answers what is no HTTP, comes too slowly or has an address nobody can read, in the shape of all refusals. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ApiError, bodyOf } from './errors.js';

/** An address that Fastify cannot take apart: it is not repeated to whoever sent it. */
export function refuseAddress(error: FastifyError, _: FastifyRequest, reply: FastifyReply): void {
  const isTooLong = error.statusCode === 414;
  const message = isTooLong
    ? 'a part of the address is longer than any id'
    : 'the address is not percent-encoded as addresses are';
  void reply
    .status(isTooLong ? 414 : 400)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(bodyOf(new ApiError('invalid_request', message))));
}

/** What Node's parser gave up on; there is no request yet that a route could answer. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code !== 'ECONNRESET' && socket.writable) {
    const [status, refusal] = refusalOf(error.code);
    const body = JSON.stringify(bodyOf(refusal));
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

function refusalOf(code: string | undefined): readonly [number, ApiError] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return [408, new ApiError('timeout', 'the request did not arrive whole in time')];
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return [431, new ApiError('too_large', 'the headers are larger than is taken')];
  }
  return [400, new ApiError('invalid_request', 'this is no HTTP request')];
}
