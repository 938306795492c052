import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';

interface Version {
  readonly text: string;
  readonly versionId: string;
}

class NamedError extends Error {
  public constructor(name: string, message = name) {
    super(message);
    this.name = name;
  }
}

/** As text, as bytes, or as a stream that is cut where nobody would cut it. */
function body(text: string): unknown {
  const bytes = new TextEncoder().encode(text);
  return {
    transformToString: async () => text,
    transformToByteArray: async () => bytes,
    async *[Symbol.asyncIterator]() {
      for (let start = 0; start < bytes.length; start += 7) yield bytes.subarray(start, start + 7);
    },
  };
}

/** A versioned bucket in memory: what handlers need of S3 and nothing else; an unknown command or member fails. */
export class FakeBucket {
  private readonly versions = new Map<string, Version[]>();
  public readonly calls: { readonly command: string; readonly input: Record<string, unknown> }[] = [];

  public put(key: string, content: unknown): void {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const list = this.versions.get(key) ?? [];
    this.versions.set(key, [...list, { text, versionId: `v${list.length + 1}` }]);
  }

  public json<T = any>(key: string): T {
    return JSON.parse(this.text(key)) as T;
  }

  public text(key: string): string {
    const found = this.versions.get(key)?.at(-1);
    if (!found) throw new Error(`no object ${key}; there are ${this.keys().join(', ')}`);
    return found.text;
  }

  public keys(prefix = ''): string[] {
    return [...this.versions.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  public get client(): S3Client {
    return { send: (command: { constructor: { name: string }; input: Record<string, any> }) => this.send(command.constructor.name, command.input) } as unknown as S3Client;
  }

  private async send(command: string, input: Record<string, any>): Promise<unknown> {
    this.calls.push({ command, input });
    const list = this.versions.get(input['Key'] as string) ?? [];
    switch (command) {
      case 'GetObjectCommand': {
        const version = input['VersionId'] === undefined ? list.at(-1) : list.find(({ versionId }) => versionId === input['VersionId']);
        if (!version) throw new NamedError(list.length > 0 ? 'NoSuchVersion' : 'NoSuchKey');
        return {
          VersionId: version.versionId,
          ETag: createHash('md5').update(version.text).digest('hex'),
          Body: body(version.text),
        };
      }
      case 'PutObjectCommand':
        if (input['IfNoneMatch'] === '*' && list.length > 0) throw new NamedError('PreconditionFailed');
        this.put(input['Key'] as string, input['Body'] as string);
        return {};
      case 'ListObjectsV2Command': {
        // Two keys a page: who forgets the continuation token is found out.
        const keys = this.keys(input['Prefix'] as string);
        const start = Number(input['ContinuationToken'] ?? 0);
        const more = start + 2 < keys.length;
        const Contents = keys.slice(start, start + 2).map((Key) => ({ Key, Size: this.text(Key).length }));
        return { Contents, IsTruncated: more, ...(more ? { NextContinuationToken: String(start + 2) } : {}) };
      }
      default:
        throw new Error(`the fake bucket does not know ${command}`);
    }
  }
}

/** Model packages and models in memory, with the behaviour that registration relies on. */
export class FakeSageMaker {
  public readonly packages: Record<string, any>[] = [];
  public readonly models = new Set<string>();
  public readonly calls: string[] = [];
  /** The next call of this command does its work and then fails: a crash after the deed. */
  public crashAfter: string | undefined;

  public get client(): SageMakerClient {
    return {
      send: async (command: { constructor: { name: string }; input: Record<string, any> }) => {
        const { name } = command.constructor;
        this.calls.push(name);
        const result = this.answer(name, command.input);
        if (this.crashAfter === name) {
          this.crashAfter = undefined;
          throw new NamedError('TimeoutError');
        }
        return result;
      },
    } as unknown as SageMakerClient;
  }

  private answer(command: string, input: Record<string, any>): unknown {
    switch (command) {
      case 'CreateModelPackageCommand': {
        const same = this.packages.find((existing) => existing['ClientToken'] === input['ClientToken']);
        if (same) return { ModelPackageArn: same['ModelPackageArn'] };
        const ModelPackageArn = `arn:aws:sagemaker:us-east-1:111122223333:model-package/${input['ModelPackageGroupName']}/${this.packages.length + 1}`;
        const [container] = input['InferenceSpecification'].Containers;
        this.packages.push({ ...input, ModelPackageArn, InferenceSpecification: { Containers: [{ ...container, ImageDigest: `sha256:${'d'.repeat(64)}` }] } });
        return { ModelPackageArn };
      }
      case 'DescribeModelPackageCommand':
        return { ...this.find(input['ModelPackageName']) };
      case 'UpdateModelPackageCommand': {
        const { ModelPackageArn, ...changes } = input;
        Object.assign(this.find(ModelPackageArn), changes);
        return { ModelPackageArn };
      }
      case 'DeleteModelCommand':
        if (!this.models.delete(input['ModelName'])) throw new NamedError('ValidationException', `Could not find model "${input['ModelName']}".`);
        return {};
      default:
        throw new Error(`the fake SageMaker does not know ${command}`);
    }
  }

  private find(arn: string): Record<string, any> {
    const found = this.packages.find((existing) => existing['ModelPackageArn'] === arn);
    if (!found) throw new NamedError('ValidationException', `ModelPackage ${arn} does not exist`);
    return found;
  }
}
