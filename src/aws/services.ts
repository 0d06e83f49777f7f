/** A service of AWS: as people call it, and as IAM writes it before its actions. */
export type Service = { name: string; prefix: ServicePrefix };

export type ServicePrefix =
  | 'ec2'
  | 'ssm'
  | 'autoscaling'
  | 'ecs'
  | 'elasticloadbalancing'
  | 'kms'
  | 's3'
  | 'sts'
  | 'dlm';

export const ec2: Service = { name: 'EC2', prefix: 'ec2' };
export const systemsManager: Service = { name: 'Systems Manager', prefix: 'ssm' };
export const autoScaling: Service = { name: 'Auto Scaling', prefix: 'autoscaling' };
export const ecs: Service = { name: 'ECS', prefix: 'ecs' };
export const loadBalancing: Service = { name: 'Elastic Load Balancing', prefix: 'elasticloadbalancing' };
export const lifecycleManager: Service = { name: 'Data Lifecycle Manager', prefix: 'dlm' };
export const kms: Service = { name: 'KMS', prefix: 'kms' };
export const sts: Service = { name: 'STS', prefix: 'sts' };
export const s3: Service = { name: 'S3', prefix: 's3' };
