import { createHash } from 'node:crypto';
import { uniqueId } from '../assembly/physical-name';
import { AwsError } from '../kernel/aws-error';
import type { Authorization, CreatedResource, PolicyDocument, ResourceLifecycle, ResourceRequest, Simulation } from '../kernel/simulation';
import { asBoolean, OperationTable, parsePolicy, type Operation } from './operations';

interface Key {
  readonly id: string;
  readonly arn: string;
  readonly description: string;
  policy: PolicyDocument;
  enabled: boolean;
}

/** AWS KMS: keys as targets of authorization; cipher text is readable by the simulation only. */
export class KmsService extends OperationTable {
  public readonly id = 'kms';
  public readonly resources: Record<string, (request: ResourceRequest) => CreatedResource> = {
    'AWS::KMS::Key': (request) => {
      const { properties } = request;
      const key = this.createKey(uniqueId(request), properties.Description ?? '', parsePolicy(properties.KeyPolicy));
      key.enabled = properties.Enabled === undefined || asBoolean(properties.Enabled);
      return { ref: key.id, attributes: { Arn: key.arn, KeyId: key.id } };
    },
    'AWS::KMS::Alias': ({ properties }) => {
      this.aliases.set(properties.AliasName, this.keyOf(properties.TargetKeyId).id);
      return { ref: properties.AliasName };
    },
  };
  public override readonly lifecycles: Record<string, ResourceLifecycle> = {
    'AWS::KMS::Key': {
      update: ({ properties }, existing) => {
        const key = this.keyOf(existing.ref);
        key.policy = parsePolicy(properties.KeyPolicy);
        key.enabled = properties.Enabled === undefined || asBoolean(properties.Enabled);
        return existing;
      },
      // CloudFormation schedules the deletion: the key cannot be used from then on (KMS Developer Guide, "Key states", PendingDeletion).
      delete: ({ ref }) => {
        const key = this.keyOf(ref);
        key.enabled = false;
        this.pendingDeletion.add(key.id);
      },
    },
    'AWS::KMS::Alias': {
      update: ({ properties }, existing) => {
        this.aliases.set(existing.ref, this.keyOf(properties.TargetKeyId).id);
        return existing;
      },
      delete: ({ ref }) => this.aliases.delete(ref),
    },
  };
  protected readonly operations: Record<string, Operation>;
  private readonly pendingDeletion = new Set<string>();
  private readonly keys = new Map<string, Key>();
  private readonly aliases = new Map<string, string>();

  public constructor(private readonly simulation: Simulation) {
    super();
    this.operations = {
      Encrypt: {
        authorize: (input) => this.needs('kms:Encrypt', input.KeyId, input.EncryptionContext),
        handle: (input) => {
          const key = this.usable(input.KeyId);
          return { CiphertextBlob: seal(key.id, input.Plaintext, input.EncryptionContext), KeyId: key.arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
        },
      },
      Decrypt: {
        authorize: (input) => this.needs('kms:Decrypt', open(input.CiphertextBlob).key, input.EncryptionContext),
        handle: (input) => {
          const sealed = open(input.CiphertextBlob);
          if (sealed.context !== contextText(input.EncryptionContext)) throw new AwsError('InvalidCiphertextException', 'the encryption context differs', 400);
          return { Plaintext: Buffer.from(sealed.text, 'base64'), KeyId: this.usable(sealed.key).arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
        },
      },
      GenerateDataKey: {
        authorize: (input) => this.needs('kms:GenerateDataKey', input.KeyId, input.EncryptionContext),
        handle: (input) => {
          const key = this.usable(input.KeyId);
          const size = input.NumberOfBytes ?? (input.KeySpec === 'AES_128' ? 16 : 32);
          const Plaintext = Buffer.from(Array.from({ length: size }, () => this.dataKeys.integer(256)));
          return { Plaintext, CiphertextBlob: seal(key.id, Plaintext, input.EncryptionContext), KeyId: key.arn };
        },
      },
      DescribeKey: {
        authorize: (input) => this.needs('kms:DescribeKey', input.KeyId),
        handle: (input) => {
          const key = this.keyOf(input.KeyId);
          const state = this.pendingDeletion.has(key.id) ? 'PendingDeletion' : key.enabled ? 'Enabled' : 'Disabled';
          return { KeyMetadata: { KeyId: key.id, Arn: key.arn, AWSAccountId: simulation.account, Enabled: key.enabled, KeyState: state, Description: key.description } };
        },
      },
    };
  }

  /** Keys of AWS and keys that wait for their deletion are not counted. */
  public override inventory(): string[] {
    const managed = new Set([...this.aliases].filter(([alias]) => alias.startsWith('alias/aws/')).map(([, id]) => id));
    return [...this.keys.values()].filter(({ id }) => !managed.has(id) && !this.pendingDeletion.has(id)).map(({ arn }) => arn);
  }

  /** ARN of a key by id, ARN or alias. AWS managed keys (`alias/aws/…`) come into being when first used. */
  public arnOf(keyId: string): string {
    return this.keyOf(keyId).arn;
  }

  public override resourcePolicy(arn: string): PolicyDocument | undefined {
    return this.keys.get(arn.split('/').pop()!)?.policy;
  }

  private get dataKeys(): { integer(bound: number): number } {
    this.stream ??= this.simulation.random.stream('kms');
    return this.stream;
  }

  private stream: { integer(bound: number): number } | undefined;

  private keyOf(keyId: string): Key {
    const name = keyId.includes(':alias/') ? keyId.slice(keyId.indexOf(':alias/') + 1) : keyId.split(':key/').pop()!;
    const id = name.startsWith('alias/') ? (this.aliases.get(name) ?? (name.startsWith('alias/aws/') ? this.createManagedKey(name) : name)) : name;
    const key = this.keys.get(id);
    if (!key) throw new AwsError('NotFoundException', `Key '${keyId}' does not exist`, 400);
    return key;
  }

  private usable(keyId: string): Key {
    const key = this.keyOf(keyId);
    if (this.pendingDeletion.has(key.id)) throw new AwsError('KMSInvalidStateException', `${key.arn} is pending deletion.`, 400);
    if (!key.enabled) throw new AwsError('DisabledException', `${key.arn} is disabled.`, 400);
    return key;
  }

  private createKey(seed: string, description: string, policy: PolicyDocument): Key {
    const hex = createHash('sha256').update(seed).digest('hex');
    const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    const { partition, region, account } = this.simulation;
    const key: Key = { id, arn: `arn:${partition}:kms:${region}:${account}:key/${id}`, description, policy, enabled: true };
    this.keys.set(id, key);
    return key;
  }

  /** An AWS managed key serves all principals of the account through its service, and no service principal (KMS guide, "AWS managed keys"). */
  private createManagedKey(alias: string): string {
    const service = alias.slice('alias/aws/'.length);
    const { region, account } = this.simulation;
    const key = this.createKey(alias, `Default key of ${service}`, {
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        Resource: '*',
        Condition: { StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': `${service}.${region}.amazonaws.com` } },
      },
    });
    this.aliases.set(alias, key.id);
    return key.id;
  }

  private needs(action: string, keyId: string, context: Record<string, string> = {}): Authorization[] {
    const keys = Object.fromEntries(Object.entries(context).map(([name, value]) => [`kms:EncryptionContext:${name}`, value]));
    return [{ action, resource: this.arnOf(keyId), context: { 'kms:CallerAccount': this.simulation.account, ...keys } }];
  }
}

function seal(key: string, plaintext: Uint8Array, context?: Record<string, string>): Buffer {
  return Buffer.from(JSON.stringify({ key, text: Buffer.from(plaintext).toString('base64'), context: contextText(context) }));
}

function open(ciphertext: Uint8Array): { key: string; text: string; context: string } {
  try {
    return JSON.parse(Buffer.from(ciphertext).toString()) as { key: string; text: string; context: string };
  } catch {
    throw new AwsError('InvalidCiphertextException', 'the ciphertext was not made by this service', 400);
  }
}

function contextText(context: Record<string, string> = {}): string {
  return JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)));
}
