import fc from 'fast-check';

/**
 * Properties are tried on the same cases in every run, so that a failure means a change of the code. To look for others: PROPERTY_SEED=random, or a
 * number, which a failure names as its seed.
 */
const wanted = process.env['PROPERTY_SEED'] ?? '20010201';
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) });
