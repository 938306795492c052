import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderFiles } from './folder-files';

/** A container image as the rehearsal has it: the folder that would be its build context. */
export interface LocalImage {
  /** URI as the caller wrote it. */
  readonly specifiedUri: string;
  /** `repository@sha256:…`, as DescribeEndpoint's ResolvedImage. */
  readonly resolvedUri: string;
  /** `sha256:…` of the folder's content. */
  readonly digest: string;
  readonly folder: string;
}

interface ImageUri {
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Finds the folder of an image URI. Knows the URIs that the cloud assembly publishes. */
export class ImageRegistry {
  private readonly digests = new Map<string, string>();

  public constructor(private readonly folders: ReadonlyMap<string, string>) {}

  /**
   * By the URI itself; else by digest within the repository; else, when the known URI names neither tag nor digest, by repository.
   * A tag that is not known is never taken for another one.
   */
  public resolve(uri: string): LocalImage | undefined {
    const wanted = parseImageUri(uri);
    const exact = this.folders.get(uri);
    if (exact !== undefined) return this.image(uri, wanted.repository, exact);
    for (const [known, folder] of this.folders) {
      const candidate = parseImageUri(known);
      if (candidate.repository !== wanted.repository) continue;
      const matches =
        wanted.digest !== undefined
          ? candidate.digest === wanted.digest || this.digestOf(folder) === wanted.digest
          : candidate.tag === wanted.tag || (candidate.tag === undefined && candidate.digest === undefined);
      if (matches) return this.image(uri, wanted.repository, folder);
    }
    return undefined;
  }

  private image(specifiedUri: string, repository: string, folder: string): LocalImage {
    const digest = this.digestOf(folder);
    return { specifiedUri, resolvedUri: `${repository}@${digest}`, digest, folder };
  }

  private digestOf(folder: string): string {
    let digest = this.digests.get(folder);
    if (digest === undefined) {
      digest = `sha256:${folderDigest(folder)}`;
      this.digests.set(folder, digest);
    }
    return digest;
  }
}

/** `123.dkr.ecr.us-east-1.amazonaws.com/name:tag@sha256:…`; a colon before the last slash belongs to the registry's port. */
export function parseImageUri(uri: string): ImageUri {
  const [named, digest] = uri.split('@', 2) as [string, string?];
  const colon = named.lastIndexOf(':');
  const tagged = colon > named.lastIndexOf('/');
  return { repository: tagged ? named.slice(0, colon) : named, tag: tagged ? named.slice(colon + 1) : undefined, digest };
}

/** SHA-256 over relative paths and contents in code point order of the paths: the same content is the same image. */
function folderDigest(folder: string): string {
  if (!existsSync(folder)) throw new Error(`the folder of the container image does not exist: ${folder}`);
  const hash = createHash('sha256');
  for (const file of folderFiles(folder)) {
    const content = readFileSync(join(folder, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
