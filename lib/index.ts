export * from './data/data-lake';
export * from './governance/model-governance';
export * from './governance/model-owner';
