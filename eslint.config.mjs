import tseslint from 'typescript-eslint';

/** The arrows of ARCHITECTURE.md: what a file may import follows from its name. */
const sdk = { group: ['@aws-sdk/*', '@smithy/*'], message: 'constructs run at synth: AWS calls belong into handlers (x.lambda.ts)' };
const cdk = { group: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'], message: 'only constructs import the CDK' };
const handlers = { group: ['**/*.lambda', '**/*.lambda-shared'], message: 'handlers are reached as built bundles only' };
const rehearsal = { group: ['**/rehearsal/**'], message: 'the rehearsal reads what was synthesized; nothing depends on it' };
const outside = (regex) => ({ regex, message: 'the kernel imports nothing outside its folder' });

const fence = (files, patterns, ignores = []) => ({ files, ignores, rules: { 'no-restricted-imports': ['error', { patterns }] } });

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '**/cdk.out/**', 'rehearsal/**'] },
  ...tseslint.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-console': 'error',
      'logical-assignment-operators': 'error',
      '@typescript-eslint/no-explicit-any': 'off',
      // Built bundles and SDK packages are loaded when they are needed, by path.
      '@typescript-eslint/no-require-imports': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  fence(['lib/**/*.ts'], [sdk, handlers, rehearsal], ['lib/**/*.lambda.ts', 'lib/**/*.lambda-shared.ts', 'lib/rehearsal/**', 'lib/cli/**', 'lib/drift/**']),
  fence(['lib/**/*.lambda.ts', 'lib/**/*.lambda-shared.ts', 'lib/**/*.bundle.ts', 'lib/**/*.contract.ts'], [cdk, rehearsal]),
  fence(['lib/**/*.contract.ts'], [cdk, sdk, handlers, rehearsal, { group: ['node:*'], message: 'contracts import nothing' }]),
  fence(['lib/rehearsal/**/*.ts', 'lib/cli/**/*.ts'], [cdk, handlers], []),
  fence(['lib/drift/*.ts'], [outside('^(?!\\./)')]),
  fence(['lib/drift/*/*.ts'], [outside('^(?!\\.\\.?/)'), outside('^\\.\\./\\.\\.')]),
  { files: ['scripts/**', 'bin/**', 'examples/**', 'lib/cli/**', 'test/**', '*.config.*'], rules: { 'no-console': 'off' } },
);
