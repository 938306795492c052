import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as tar from 'tar-stream';
import { folderFiles } from './folder-files';

/** Packs a folder as model.tar.gz. The same content gives the same bytes: sorted entries, no owner, time zero. */
export async function packModel(folder: string): Promise<Buffer> {
  const pack = tar.pack();
  const chunks: Buffer[] = [];
  const done = new Promise<void>((yes, no) => {
    pack.on('data', (chunk) => chunks.push(chunk as Buffer));
    pack.on('end', yes);
    pack.on('error', no);
  });
  for (const file of folderFiles(folder)) {
    const path = join(folder, file);
    const mode = statSync(path).mode & 0o111 ? 0o755 : 0o644;
    pack.entry({ name: file, mode, mtime: new Date(0), uid: 0, gid: 0 }, readFileSync(path));
  }
  pack.finalize();
  await done;
  return gzipSync(Buffer.concat(chunks), { level: 6 });
}

/** Unpacks model.tar.gz (or a plain tar) into a folder. An entry that points outside of it is an error. */
export async function unpackModel(archive: Uint8Array, folder: string): Promise<void> {
  const bytes = archive[0] === 0x1f && archive[1] === 0x8b ? gunzipSync(archive) : Buffer.from(archive);
  const root = resolve(folder);
  const extract = tar.extract();
  extract.on('entry', (header, stream, next) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk) => chunks.push(chunk as Buffer));
    stream.on('error', next);
    stream.on('end', () => {
      try {
        const target = resolve(root, header.name);
        if (target !== root && !target.startsWith(root + sep)) throw new Error(`the model archive has an entry outside of its folder: ${header.name}`);
        if (header.type === 'directory') mkdirSync(target, { recursive: true });
        else if (header.type === 'file') {
          mkdirSync(dirname(target), { recursive: true });
          writeFileSync(target, Buffer.concat(chunks), { mode: header.mode });
        }
        next();
      } catch (error) {
        next(error as Error);
      }
    });
  });
  await new Promise<void>((yes, no) => {
    extract.on('finish', yes);
    extract.on('error', no);
    extract.end(bytes);
  });
}
