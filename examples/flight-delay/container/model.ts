import * as tf from '@tensorflow/tfjs-core';
import { version_cpu } from '@tensorflow/tfjs-backend-cpu';
import * as layers from '@tensorflow/tfjs-layers';
import { encode, FEATURE_COUNT, fitEncoding, type Encoding, type Flight, type LabelledFlights } from './features';
import type { Hyperparameters } from './hyperparameters';
import { Random } from './random';
import type { RequestLayout } from './request';

/** The artifact, `model/model.json`: everything that prediction needs, the layout of its requests included. */
interface StoredModel {
  /** `tfjs 4.22.0` */
  readonly learner: string;
  readonly layout: RequestLayout;
  readonly encoding: Encoding;
  readonly network: { readonly topology: unknown; readonly specs: tf.io.WeightsManifestEntry[]; readonly weights: string };
}

/** A small neural network (TensorFlow.js, pure JavaScript backend) on engineered features. */
export class DelayModel {
  private constructor(
    public readonly layout: RequestLayout,
    private readonly encoding: Encoding,
    private readonly network: layers.LayersModel,
  ) {}

  public static async train(data: LabelledFlights, layout: RequestLayout, parameters: Hyperparameters): Promise<DelayModel> {
    await startBackend();
    const { encoding, matrix } = fitEncoding(data, parameters.smoothing, parameters.seed);
    const order = shuffled(data.labels.length, parameters.seed);
    const inputs = new Float32Array(matrix.length);
    order.forEach((from, to) => inputs.set(matrix.subarray(from * FEATURE_COUNT, (from + 1) * FEATURE_COUNT), to * FEATURE_COUNT));
    const network = build(parameters);
    await network.fit(
      tf.tensor2d(inputs, [order.length, FEATURE_COUNT]),
      tf.tensor2d(Float32Array.from(order, (row) => data.labels[row]!), [order.length, 1]),
      // Shuffled above with our seed: the library's own shuffling is not seeded.
      { epochs: parameters.epochs, batchSize: parameters.batchSize, shuffle: false, verbose: 0, yieldEvery: 'never' },
    );
    return new DelayModel(layout, encoding, network);
  }

  public static async parse(text: string): Promise<DelayModel> {
    await startBackend();
    const stored = JSON.parse(text) as StoredModel;
    const weightData = Uint8Array.from(Buffer.from(stored.network.weights, 'base64')).buffer;
    const network = await layers.loadLayersModel(
      tf.io.fromMemory({ modelTopology: stored.network.topology as object, weightSpecs: stored.network.specs, weightData }),
    );
    return new DelayModel(stored.layout, stored.encoding, network);
  }

  public async serialize(): Promise<string> {
    let artifacts: tf.io.ModelArtifacts | undefined;
    await this.network.save(
      tf.io.withSaveHandler(async (saved) => {
        artifacts = saved;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const { modelTopology, weightSpecs, weightData } = artifacts!;
    const weights = Buffer.from(tf.io.concatenateArrayBuffers([weightData as ArrayBuffer | ArrayBuffer[]].flat())).toString('base64');
    const stored: StoredModel = {
      learner: `tfjs ${version_cpu}`,
      layout: this.layout,
      encoding: this.encoding,
      network: { topology: modelTopology, specs: weightSpecs!, weights },
    };
    return JSON.stringify(stored);
  }

  /** Probability of a delay over 15 minutes, one per flight. */
  public predict(flights: readonly Flight[]): number[] {
    return tf.tidy(() => {
      const inputs = tf.tensor2d(encode(flights, this.encoding), [flights.length, FEATURE_COUNT]);
      return Array.from((this.network.predict(inputs, { batchSize: 4096 }) as tf.Tensor).dataSync());
    });
  }
}

async function startBackend(): Promise<void> {
  tf.enableProdMode();
  await tf.setBackend('cpu');
}

function build(parameters: Hyperparameters): layers.LayersModel {
  const kernel = (offset: number) => layers.initializers.glorotUniform({ seed: parameters.seed + offset });
  const network = layers.sequential({
    name: 'flight-delay',
    layers: [
      layers.layers.dense({ inputShape: [FEATURE_COUNT], units: parameters.hiddenUnits, activation: 'relu', kernelInitializer: kernel(0), name: 'hidden1' }),
      layers.layers.dense({ units: Math.ceil(parameters.hiddenUnits / 2), activation: 'relu', kernelInitializer: kernel(1), name: 'hidden2' }),
      layers.layers.dense({ units: 1, activation: 'sigmoid', kernelInitializer: kernel(2), name: 'delayed' }),
    ],
  });
  network.compile({ optimizer: tf.train.adam(parameters.learningRate), loss: 'binaryCrossentropy' });
  return network;
}

function shuffled(length: number, seed: number): Uint32Array {
  const random = new Random(seed);
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
