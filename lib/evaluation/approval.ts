/** Who releases a model that passed its gates. */
export class Approval {
  /** A model that passed its gates is approved by the workflow, and deployed. */
  public static automatic(): Approval {
    return new Approval(true);
  }

  /** A person approves the model package in the registry; until then nothing is deployed. */
  public static manual(): Approval {
    return new Approval(false);
  }

  private constructor(private readonly automatically: boolean) {}

  /** @internal */
  public get _automatic(): boolean {
    return this.automatically;
  }
}
