// The Kubernetes manifest that plays a campaign in many pods: typed, so that it has the shape which Kubernetes takes
// (https://kubernetes.io/docs/concepts/workloads/controllers/job/, "Completion mode"). docs/campaign-job.json is made of it.
import type { Job } from "kubernetes-types/batch/v1.js";

const SHARDS = 64;
const REPORTS = "/reports";
/** An index from 0 is in the environment of each pod; shards count from 1. */
const COMMAND = [
  'npm run campaign -- "$CAMPAIGN" --cases "$CASES" --seed "$SEED"',
  `--shard "$((JOB_COMPLETION_INDEX + 1))/${SHARDS}" --report ${REPORTS}`,
].join(" ");

export const campaignJob: Job = {
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "jailhouse-campaign" },
  spec: {
    completionMode: "Indexed",
    completions: SHARDS,
    parallelism: SHARDS,
    // A failed test fails again: the same seed gives the same cases.
    backoffLimit: 0,
    template: {
      spec: {
        restartPolicy: "Never",
        containers: [
          {
            name: "campaign",
            image: "IMAGE-WITH-A-BUILT-CLONE",
            workingDir: "/jailhouse",
            command: ["sh", "-c", COMMAND],
            env: [
              { name: "CAMPAIGN", value: "isolation" },
              { name: "CASES", value: "1000000" },
              { name: "SEED", value: "1" },
            ],
            resources: { requests: { cpu: "1", memory: "2Gi" }, limits: { memory: "4Gi" } },
            volumeMounts: [{ name: "reports", mountPath: REPORTS }],
          },
        ],
        volumes: [
          { name: "reports", persistentVolumeClaim: { claimName: "NAME-OF-A-SHARED-CLAIM" } },
        ],
      },
    },
  },
};
