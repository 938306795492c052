import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import type { Principal } from '../kernel/simulation';
import type { RehearsalGateway } from './gateway';
import type { WireRequest } from './protocols/wire';
import { serviceIdOfRequest } from './request-service';
import { serviceModel } from './sdk-registry';
import { WireEndpoint } from './wire-endpoint';

export interface LoopbackOptions {
  readonly account: string;
  readonly partition: string;
  /** @default - root of the account */
  readonly principal?: Principal;
  /**
   * Runs one request as an action of the virtual clock, e.g. `(action) => clock.spawn(action).promise`.
   * @default - at once
   */
  readonly run?: <T>(action: () => Promise<T>) => Promise<T>;
}

export interface Loopback {
  /** `http://127.0.0.1:port`, for `--endpoint-url` and `endpoint_url` */
  readonly url: string;
  close(): Promise<void>;
}

/** The simulated AWS for clients of other processes: AWS CLI, boto3, any SDK with this endpoint. Signatures are not verified. */
export async function startLoopback(gateway: RehearsalGateway, options: LoopbackOptions): Promise<Loopback> {
  const endpoint = new WireEndpoint(gateway);
  const principal = options.principal ?? { arn: `arn:${options.partition}:iam::${options.account}:root`, root: true };
  const run = options.run ?? (<T>(action: () => Promise<T>): Promise<T> => action());
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing).catch((error: unknown) => {
      outgoing.writeHead(500, { 'content-type': 'text/plain' }).end(error instanceof Error ? error.message : String(error));
    });
  });

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = await wireRequest(incoming);
    const service = serviceIdOfRequest(request);
    const model = service === undefined ? undefined : serviceModel(service);
    if (!model) {
      outgoing.writeHead(404, { 'content-type': 'text/plain' }).end('This request names no AWS service that the rehearsal knows');
      return;
    }
    const response = await run(() => endpoint.answer(model, principal, request));
    if (response.lost) {
      incoming.socket.destroy();
      return;
    }
    // The length of the object stands in the answer to HEAD; of any other answer it is the body's.
    const length = request.method === 'HEAD' ? {} : { 'content-length': String(response.body.byteLength) };
    outgoing.writeHead(response.statusCode, { ...response.headers, ...length }).end(response.body);
  }

  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}

async function wireRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const [path = '/', search = ''] = (incoming.url ?? '/').split(/\?(.*)/s);
  const query: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(search)) {
    const before = query[name];
    query[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  const body = await buffer(incoming);
  // SDKs compress large PutMetricData requests. What S3 stores may be compressed as well: that is the object's own business.
  const compressed = headers['content-encoding'] === 'gzip' && headers['x-amz-target'] !== undefined;
  const hostname = (headers.host ?? '').replace(/:\d+$/, '');
  return { method: incoming.method ?? 'GET', hostname, path, query, headers, body: compressed ? gunzipSync(body) : body };
}
