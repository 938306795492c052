/** What SageMaker asks of a serving container ("Use Your Own Inference Code with Hosting Services"): GET /ping, POST /invocations. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** SageMaker's own limit of a real-time request is 6 MB; batch transform is configured for the same. */
const MAXIMUM_BYTES = 6 * 1024 * 1024;

/** A row that the model cannot score; the server answers 400 with the message. */
export class BadRow extends Error {}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAXIMUM_BYTES) chunks.push(chunk);
  }
  return size > MAXIMUM_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

async function invoke(score: (body: string) => number[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  const type = (request.headers['content-type'] ?? 'text/csv').split(';')[0]!.trim();
  const body = await readBody(request);
  if (type !== 'text/csv') return answer(response, 415, `content type must be text/csv, got ${type}`);
  if (body === undefined) return answer(response, 413, `the request is larger than ${MAXIMUM_BYTES} bytes`);
  try {
    answer(response, 200, score(body).map((value) => `${value.toFixed(6)}\n`).join(''), 'text/csv; charset=utf-8');
  } catch (error) {
    if (error instanceof BadRow) return answer(response, 400, error.message);
    console.error(error);
    answer(response, 500, 'internal error');
  }
}

/**
 * Serves until SageMaker stops the container. Call it when the model is loaded, so that /ping never says 200 too early.
 *
 * @param score CSV rows to one number each; throws BadRow for what it cannot score
 */
export function serveModel(score: (body: string) => number[]): void {
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/ping') return answer(response, 200, '');
    if (request.method === 'POST' && request.url === '/invocations') return void invoke(score, request, response);
    answer(response, 404, 'not found');
  });
  // SageMaker keeps connections open; they must outlive its idle time.
  server.keepAliveTimeout = 120_000;
  server.listen(Number(process.env.SAGEMAKER_BIND_TO_PORT ?? 8080));
  // SageMaker stops a container with SIGTERM and SIGKILL 30 seconds later.
  process.on('SIGTERM', () => server.close(() => process.exit(0)).closeAllConnections());
}
