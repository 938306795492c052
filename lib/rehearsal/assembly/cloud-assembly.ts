import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Record<string, unknown>;
  readonly DependsOn?: string | string[];
  readonly Condition?: string;
  readonly Metadata?: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Template {
  readonly Resources: Record<string, TemplateResource>;
  readonly Parameters?: Record<string, { Type: string; Default?: unknown }>;
  readonly Conditions?: Record<string, unknown>;
  readonly Mappings?: Record<string, Record<string, Record<string, unknown>>>;
  readonly Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown }; Condition?: string }>;
  readonly Transform?: unknown;
}

export interface StackArtifact {
  readonly id: string;
  readonly stackName: string;
  /** Folder of the (nested) assembly that the stack's files lie in. */
  readonly folder: string;
  readonly template: Template;
  readonly assetManifests: readonly AssetManifest[];
  /** Construct paths by logical id. */
  readonly constructPaths: ReadonlyMap<string, string>;
  /** `undefined` when the stack is environment-agnostic. */
  readonly account: string | undefined;
  readonly region: string | undefined;
}

export interface AssetManifest {
  readonly folder: string;
  readonly files?: Record<string, { source: { path?: string; packaging?: string }; destinations: Record<string, { bucketName: string; objectKey: string }> }>;
  readonly dockerImages?: Record<string, { source: { directory?: string }; destinations: Record<string, { repositoryName: string; imageTag: string }> }>;
}

type ArtifactMetadata = Record<string, { type: string; data?: unknown }[]>;

interface Artifact {
  readonly type: string;
  readonly metadata?: ArtifactMetadata;
  readonly additionalMetadataFile?: string;
  readonly environment?: string;
  readonly properties?: { templateFile?: string; stackName?: string; file?: string; directoryName?: string };
  readonly dependencies?: string[];
}

/** A folder that `cdk synth` wrote, its Stages included. Stacks come in an order in which they can be deployed. */
export class CloudAssembly {
  public static read(folder: string): CloudAssembly {
    if (!existsSync(join(folder, 'manifest.json'))) throw new Error(`${folder} is no cloud assembly: it has no manifest.json (run cdk synth first)`);
    return new CloudAssembly(folder, readStacks(folder));
  }

  private constructor(
    public readonly folder: string,
    public readonly stacks: readonly StackArtifact[],
  ) {}
}

function readStacks(folder: string): StackArtifact[] {
  const artifacts = readJson<{ artifacts?: Record<string, Artifact> }>(join(folder, 'manifest.json')).artifacts ?? {};
  const stacks: StackArtifact[] = [];
  for (const id of inDependencyOrder(artifacts)) {
    const artifact = artifacts[id]!;
    if (artifact.type === 'cdk:cloud-assembly') stacks.push(...readStacks(join(folder, artifact.properties!.directoryName!)));
    if (artifact.type === 'aws:cloudformation:stack') stacks.push(readStack(folder, id, artifact, artifacts));
  }
  return stacks;
}

function readStack(folder: string, id: string, artifact: Artifact, artifacts: Record<string, Artifact>): StackArtifact {
  const [, account, region] = /^aws:\/\/([^/]+)\/(.+)$/.exec(artifact.environment ?? '') ?? [];
  const manifests = (artifact.dependencies ?? []).map((dependency) => artifacts[dependency]!).filter((other) => other?.type === 'cdk:asset-manifest');
  return {
    id,
    stackName: artifact.properties?.stackName ?? id,
    folder,
    template: readJson<Template>(join(folder, artifact.properties!.templateFile!)),
    assetManifests: manifests.map((manifest) => ({ ...readJson<Omit<AssetManifest, 'folder'>>(join(folder, manifest.properties!.file!)), folder })),
    constructPaths: constructPathsOf(artifact.additionalMetadataFile === undefined ? (artifact.metadata ?? {}) : readJson(join(folder, artifact.additionalMetadataFile))),
    account: account === 'unknown-account' ? undefined : account,
    region: region === 'unknown-region' ? undefined : region,
  };
}

/** The manifest knows them also when the app was synthesized without path metadata. */
function constructPathsOf(metadata: ArtifactMetadata): Map<string, string> {
  const paths = new Map<string, string>();
  for (const [path, entries] of Object.entries(metadata)) {
    for (const { type, data } of entries) if (type === 'aws:cdk:logicalId') paths.set(String(data), path.slice(1));
  }
  return paths;
}

function inDependencyOrder(artifacts: Record<string, Artifact>): string[] {
  const ordered: string[] = [];
  const visited = new Set<string>();
  const visit = (id: string): void => {
    if (visited.has(id) || !artifacts[id]) return;
    visited.add(id);
    artifacts[id].dependencies?.forEach(visit);
    ordered.push(id);
  };
  Object.keys(artifacts).sort().forEach(visit);
  return ordered;
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
