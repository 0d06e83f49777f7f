import type { VolumeId } from '#ports/ids.ts';

export type EnablePlan = { volume: VolumeId; name: string; server: string };
