import { bundle } from './bundle';

/** Tests run what ships: the handlers are bundled once, before the first test. */
export default async function setup(): Promise<void> {
  await bundle();
}
