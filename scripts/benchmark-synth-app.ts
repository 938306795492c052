/** One measured synth in its own process: `pipeline` builds N models, `plain` the same N models' resources as L1 constructs. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { App, CfnResource, Stack } from 'aws-cdk-lib';
import * as ml from '../lib';

const [kind, count, outdir] = process.argv.slice(2) as ['pipeline' | 'plain', string, string];

function pipelines(app: App): void {
  for (let index = 0; index < Number(count); index++) {
    const stack = new Stack(app, `Model${index}`);
    const lake = new ml.DataLake(stack, 'Lake');
    new ml.MlPipeline(stack, 'Pipeline', {
      modelName: `model-${index}`,
      owner: ml.ModelOwner.team('benchmark'),
      trainingData: ml.TrainingData.fromBucket(lake, {
        contract: ml.DataContract.of({
          columns: [
            { name: 'amount', type: ml.ColumnType.NUMBER, role: ml.ColumnRole.FEATURE },
            { name: 'churned', type: ml.ColumnType.BOOLEAN, role: ml.ColumnRole.LABEL },
          ],
        }),
      }),
      training: ml.Training.builtIn(ml.Algorithm.XGBOOST_1_7, { hyperparameters: { num_round: '100' } }),
    });
  }
}

/** Resources read back from a first synth outside of the measured time. */
function templates(): Record<string, { Type: string; Properties?: object }>[] {
  const app = new App({ outdir: `${outdir}-source` });
  pipelines(app);
  const assembly = app.synth();
  const read = assembly.stacks.map((stack) => JSON.parse(readFileSync(join(assembly.directory, stack.templateFile), 'utf8')).Resources);
  rmSync(assembly.directory, { recursive: true });
  return read;
}

const sources = kind === 'plain' ? templates() : [];
const start = process.hrtime.bigint();
const app = new App({ outdir });
if (kind === 'pipeline') pipelines(app);
sources.forEach((resources, index) => {
  const stack = new Stack(app, `Model${index}`);
  for (const [id, resource] of Object.entries(resources)) new CfnResource(stack, id, { type: resource.Type, properties: resource.Properties as Record<string, unknown> });
});
app.synth();
console.log(Number(process.hrtime.bigint() - start) / 1e6);
