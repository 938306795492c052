/** The package ships no types. */
declare module 'asl-validator' {
  interface Finding {
    readonly 'Error code': string;
    readonly Message: string;
  }
  export default function validate(definition: object, options?: { checkPaths: boolean; checkArn: boolean }): Finding[];
}
