import { join } from 'node:path';
import type { StackArtifact } from './cloud-assembly';

export interface FileAsset {
  readonly path: string;
  /** `zip`: the path is a folder (or a ready archive) that would have been zipped; `file`: uploaded as it is. */
  readonly packaging: string;
}

/** Where the assets of an assembly would have been published, and where they lie on this machine. */
export class AssetCatalogue {
  /** Image URI → folder of its Dockerfile. */
  public readonly imageFolders = new Map<string, string>();
  private readonly files = new Map<string, FileAsset>();

  public constructor(
    private readonly account: string,
    private readonly region: string,
    private readonly partition: string,
  ) {}

  public add(stack: StackArtifact): void {
    const suffix = this.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
    for (const manifest of stack.assetManifests) {
      for (const { source, destinations } of Object.values(manifest.files ?? {})) {
        if (source.path === undefined) continue;
        for (const destination of Object.values(destinations)) {
          const location = `${this.place(destination.bucketName)}/${this.place(destination.objectKey)}`;
          this.files.set(location, { path: join(manifest.folder, source.path), packaging: source.packaging ?? 'file' });
        }
      }
      for (const { source, destinations } of Object.values(manifest.dockerImages ?? {})) {
        if (source.directory === undefined) continue;
        for (const destination of Object.values(destinations)) {
          const repository = `${this.account}.dkr.ecr.${this.region}.${suffix}/${this.place(destination.repositoryName)}`;
          this.imageFolders.set(`${repository}:${this.place(destination.imageTag)}`, join(manifest.folder, source.directory));
        }
      }
    }
  }

  /** @throws Error when no asset of the assembly is published there */
  public file(bucket: string, key: string): FileAsset {
    const asset = this.files.get(`${bucket}/${key}`);
    if (!asset) throw new Error(`the cloud assembly has no asset s3://${bucket}/${key}`);
    return asset;
  }

  public allFiles(): { bucket: string; key: string; asset: FileAsset }[] {
    return [...this.files].map(([location, asset]) => {
      const slash = location.indexOf('/');
      return { bucket: location.slice(0, slash), key: location.slice(slash + 1), asset };
    });
  }

  /** Placeholders of the asset manifest's schema. */
  private place(text: string): string {
    return text.replaceAll('${AWS::AccountId}', this.account).replaceAll('${AWS::Region}', this.region).replaceAll('${AWS::Partition}', this.partition);
  }
}
