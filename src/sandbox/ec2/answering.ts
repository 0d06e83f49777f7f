import { authorize, type Signer, signerOf } from './access.ts';
import { actionNamed } from './actions.ts';
import { type MemberVerdict, replaceMembers } from './auto-scaling.ts';
import type { Action, Call } from './call.ts';
import type { FaultBoard } from './faults.ts';
import { flag, type Form, rootsOf } from './form.ts';
import { recoverInstances } from './power.ts';
import { Problem } from './problems.ts';
import type { Cost } from './rates.ts';
import { settleRootTasks } from './root-tasks.ts';
import type { World } from './world.ts';
import type { XmlFields } from './xml.ts';

export type Desk = {
  world: () => World;
  faults: FaultBoard;
  takeTokens: (cost: Cost) => void;
  /** What Auto Scaling says of its members. */
  verdict: { of: MemberVerdict };
};

export type Asked = { action: string; form: Form; requestId: string; signer: Signer };

/**
 * Answers one call in the order AWS does: too many calls? permitted? only a dry run? And only then is anything looked at.
 * Throws a Problem; nothing has changed then.
 */
export function answer(desk: Desk, asked: Asked): XmlFields {
  const { action: name, form, requestId, signer } = asked;
  const world = desk.world();
  const action = actionNamed(name);
  if (action === undefined)
    throw new Problem('NotImplemented', `The action ${name} is not offered by the make-believe EC2 of the sandbox.`);
  desk.takeTokens({ action: name, plain: isPlain(form), instances: action.counts?.(form) ?? 0 });
  authorize(world, name, form, desk.faults.denied());
  if (flag(form, 'DryRun'))
    throw new Problem('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
  checkParameters(action, form);
  const call: Call = {
    world,
    form,
    action: name,
    caller: `${signer.accessKey}@${signer.region}`,
    reader: requestId,
    lagMs: desk.faults.lagMs(),
    faults: desk.faults,
  };
  settleRootTasks(world);
  recoverInstances(world);
  replaceMembers(world, desk.verdict.of);
  world.sweep();
  return action.run(call);
}

function isPlain(form: Form): boolean {
  return !form.has('MaxResults') && !form.has('NextToken') && !form.has('Filter.1.Name');
}

function checkParameters({ takes }: Action, form: Form): void {
  for (const root of rootsOf(form))
    if (root !== 'Action' && root !== 'Version' && root !== 'DryRun' && !takes.includes(root))
      throw new Problem('UnknownParameter', `The parameter ${root} is not recognized`);
}

/** Throws for requests that are nobody's, whatever they ask for. */
export function readAsked(form: Form, authorization: string | undefined, requestId: string, world: World): Asked {
  const action = form.get('Action');
  if (action === undefined || action === '') throw new Problem('MissingAction', 'The request must contain Action.');
  return { action, form, requestId, signer: signerOf(authorization, world.region) };
}
