import { EventEmitter } from 'node:events';

const HOST = 'cloudformation-custom-resource-response.example.com';

/**
 * The one address that functions may reach over HTTPS: where CloudFormation waits for the answer of a custom resource
 * (User Guide, "Custom resource response objects"). Whatever else a function wants to send is an error.
 */
export class ResponseSink {
  private readonly responses = new Map<string, unknown>();

  public url(requestId: string): string {
    return `https://${HOST}/${requestId}?X-Amz-Signature=rehearsal`;
  }

  public take(requestId: string): Record<string, any> | undefined {
    const response = this.responses.get(requestId) as Record<string, any> | undefined;
    this.responses.delete(requestId);
    return response;
  }

  public readonly fetch = async (address: string | URL | { url: string }, options: { method?: string; body?: unknown } = {}): Promise<Response> => {
    const url = typeof address === 'object' && 'url' in address ? address.url : String(address);
    this.receive(url, options.method ?? 'GET', String(options.body ?? ''));
    return Promise.resolve(new Response('', { status: 200 }));
  };

  /** As much of `node:https` as senders of such answers use. */
  public readonly https = {
    Agent: class {},
    request: (first: any, second?: any, third?: any): EventEmitter => {
      const options = typeof first === 'string' || first instanceof URL ? { ...asOptions(new URL(first)), ...(typeof second === 'object' ? second : {}) } : first;
      const onResponse = [second, third].find((argument) => typeof argument === 'function') as ((response: EventEmitter) => void) | undefined;
      return this.request(options as RequestOptions, onResponse);
    },
  };

  private request(options: RequestOptions, onResponse?: (response: EventEmitter) => void): EventEmitter {
    const chunks: string[] = [];
    const request = new EventEmitter();
    return Object.assign(request, {
      setTimeout: () => request,
      setHeader: () => request,
      write: (chunk: unknown) => (chunks.push(String(chunk)), true),
      end: (chunk?: unknown) => {
        if (chunk !== undefined && typeof chunk !== 'function') chunks.push(String(chunk));
        setImmediate(() => {
          try {
            this.receive(`https://${options.hostname ?? options.host}${options.path ?? '/'}`, options.method ?? 'GET', chunks.join(''));
          } catch (error) {
            request.emit('error', error);
            return;
          }
          const response = Object.assign(new EventEmitter(), { statusCode: 200, statusMessage: 'OK', headers: {}, setEncoding: () => undefined, resume: () => undefined });
          onResponse?.(response);
          request.emit('response', response);
          response.emit('end');
        });
      },
      destroy: () => undefined,
    });
  }

  private receive(url: string, method: string, body: string): void {
    const parsed = new URL(url);
    if (parsed.hostname !== HOST || method !== 'PUT') throw new Error(`${method} ${parsed.origin}${parsed.pathname}: the rehearsal has no network`);
    this.responses.set(parsed.pathname.slice(1), JSON.parse(body));
  }
}

interface RequestOptions {
  readonly hostname?: string;
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
}

function asOptions(url: URL): RequestOptions {
  return { hostname: url.hostname, path: `${url.pathname}${url.search}` };
}
