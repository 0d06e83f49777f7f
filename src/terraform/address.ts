/**
 * The address of one instance of a resource, as Terraform writes it: `module.a["x"].aws_ebs_volume.data[0]`. The module
 * comes from the state as Terraform wrote it. Pure.
 * Source: https://developer.hashicorp.com/terraform/cli/state/resource-addressing
 */
export function address(
  { module, type, name }: { module?: string | undefined; type: string; name: string },
  index: string | number | undefined,
): string {
  const path = module === undefined || module === '' ? '' : `${module}.`;
  const at = index === undefined ? '' : typeof index === 'number' ? `[${index}]` : `[${quoted(index)}]`;
  return `${path}${type}.${name}${at}`;
}

/** A string of HCL: nothing in it is a template. Source: https://developer.hashicorp.com/terraform/language/expressions/strings */
export function quoted(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll('${', () => '$${')
    .replaceAll('%{', () => '%%{');
  return `"${escaped}"`;
}
