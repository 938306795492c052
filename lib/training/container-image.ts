import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Arn, ArnFormat, Stack, Token } from 'aws-cdk-lib';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as ecrAssets from 'aws-cdk-lib/aws-ecr-assets';
import { Construct } from 'constructs';
import { Problems } from '../private/errors';

/** @internal */
export interface ContainerImageConfig {
  readonly imageUri: string;
  /** ARN of the ECR repository to pull from; undefined for images that SageMaker pulls with its own credentials. */
  readonly repositoryArn?: string;
  /** Names the code: hash, digest or tag. */
  readonly codeVersion: string;
}

/** `<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>` or `…@sha256:<digest>` */
const ECR_URI = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([a-z0-9][a-z0-9._/-]*)((?::[\w][\w.-]{0,127})|(?:@sha256:[0-9a-f]{64}))$/;

/** A container that trains (`train`) and serves (`serve`) the model, as SageMaker runs them. */
export abstract class ContainerImage {
  /** Builds the Dockerfile of a local folder for linux/amd64, on `cdk deploy`. */
  public static fromAsset(directory: string): ContainerImage {
    return new AssetImage(directory);
  }

  /** An image of a repository in ECR; the tag must not be `latest`, which names another image every day. */
  public static fromEcrRepository(repository: ecr.IRepository, tagOrDigest: string): ContainerImage {
    return new RepositoryImage(repository, tagOrDigest);
  }

  /** An image in ECR by its whole URI, with tag or digest. */
  public static fromUri(uri: string): ContainerImage {
    return new UriImage(uri);
  }

  /** @internal */
  public abstract _validate(path: string, problems: Problems): void;

  /** @internal */
  public abstract _bind(scope: Construct): ContainerImageConfig;
}

class AssetImage extends ContainerImage {
  public constructor(private readonly directory: string) {
    super();
  }

  public _validate(path: string, problems: Problems): void {
    const exists = existsSync(join(this.directory, 'Dockerfile'));
    problems.require(exists, 'DockerfileMissing', `${path}.directory`, this.directory, 'must be a folder with a Dockerfile', 'build the container folder first, or correct the path');
  }

  public _bind(scope: Construct): ContainerImageConfig {
    // SageMaker's training and hosting instances that the defaults name are x86; an arm64 laptop must not decide the image's platform.
    const asset = new ecrAssets.DockerImageAsset(scope, 'Image', { directory: this.directory, platform: ecrAssets.Platform.LINUX_AMD64 });
    return { imageUri: asset.imageUri, repositoryArn: asset.repository.repositoryArn, codeVersion: asset.assetHash };
  }
}

class RepositoryImage extends ContainerImage {
  public constructor(
    private readonly repository: ecr.IRepository,
    private readonly tagOrDigest: string,
  ) {
    super();
  }

  public _validate(path: string, problems: Problems): void {
    const at = `${path}.tagOrDigest`;
    const valid = /^(sha256:[0-9a-f]{64}|\w[\w.-]{0,127})$/.test(this.tagOrDigest);
    problems.require(valid, 'ImageTag', at, this.tagOrDigest, 'must be a tag or sha256: and 64 hexadecimal digits', 'name the exact image');
    problems.require(this.tagOrDigest !== 'latest', 'ImageLatest', at, this.tagOrDigest, 'must name one image for ever', 'use a version tag or, better, a digest');
  }

  public _bind(): ContainerImageConfig {
    return {
      imageUri: this.repository.repositoryUriForTagOrDigest(this.tagOrDigest),
      repositoryArn: this.repository.repositoryArn,
      codeVersion: this.tagOrDigest,
    };
  }
}

class UriImage extends ContainerImage {
  public constructor(private readonly uri: string) {
    super();
  }

  public _validate(path: string, problems: Problems): void {
    const at = `${path}.uri`;
    if (Token.isUnresolved(this.uri)) {
      problems.add('ImageUriUnresolved', at, 'a value known only on deployment', 'must be known at synth', 'use ContainerImage.fromEcrRepository or fromAsset');
    } else if (/:latest$/.test(this.uri)) {
      problems.add('ImageLatest', at, this.uri, 'must name one image for ever', 'use a version tag or, better, a digest');
    } else if (/\.dkr\.ecr\./.test(this.uri) && !/[:@]/.test(this.uri.slice(this.uri.lastIndexOf('/')))) {
      problems.add('ImageWithoutTag', at, this.uri, 'must have a tag or digest', 'add :1.4.2 or @sha256:…');
    } else if (!ECR_URI.test(this.uri)) {
      problems.add('ImageNotInEcr', at, this.uri, 'must be an image in Amazon ECR: <account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>', 'push the image to ECR');
    }
  }

  public _bind(scope: Construct): ContainerImageConfig {
    const [, account, region, repository, version] = ECR_URI.exec(this.uri)!;
    const arn = { service: 'ecr', account, region, resource: 'repository', resourceName: repository, arnFormat: ArnFormat.SLASH_RESOURCE_NAME };
    return { imageUri: this.uri, repositoryArn: Arn.format(arn, Stack.of(scope)), codeVersion: version!.slice(1) };
  }
}
