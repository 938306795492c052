/** The package ships no types. */
declare module 'asl-validator' {
  interface Result {
    readonly isValid: boolean;
    readonly errors: readonly { readonly 'Error code': string; readonly Message: string }[];
  }
  export default function validate(definition: unknown, options?: { checkPaths: boolean; checkArn: boolean }): Result;
}
