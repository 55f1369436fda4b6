import { z } from 'zod';

/** The formats of disk images that are read and written. `vpc` is Microsoft's VHD. */
export const imageFormats = ['qcow2', 'raw', 'vmdk', 'vdi', 'vhdx', 'vpc'] as const;
export const imageFormatSchema = z.enum(imageFormats);
export type ImageFormat = z.infer<typeof imageFormatSchema>;

/** An image: an absolute path, or `MACHINE:DISK` (`web:disk0`) for what a machine's disk is written to now. */
export const imageReference = z.strictObject({ image: z.string() });

/**
 * What an image is for: `present` is written to by its machine, `snapshot` belongs to snapshots, `shared` belongs to no
 * snapshot any more but others build on it, `kept` was kept of a deleted machine, `orphan` lies among a machine's disks and
 * nothing reaches it, `unknown` belongs to a machine whose definition cannot be read, `outside` is none of Bothy's.
 */
export const imageRoleSchema = z.enum(['present', 'snapshot', 'shared', 'kept', 'orphan', 'unknown', 'outside']);
export type ImageRole = z.infer<typeof imageRoleSchema>;

const mentionSchema = z.strictObject({ id: z.string(), name: z.string() });

/** An image file. Sizes are bytes, paths are absolute. */
export const imageSchema = z.strictObject({
  file: z.string(),
  format: imageFormatSchema,
  /** What a guest sees; null where that cannot be told. */
  virtualSize: z.int().nullable(),
  /** What the file takes on the host's disk; 0 when it is missing. */
  actualSize: z.int(),
  backingFile: z.string().nullable(),
  /** The machine in whose folder it is. */
  machine: mentionSchema.nullable(),
  /** The disk of that machine it is a layer of. */
  device: z.string().nullable(),
  role: imageRoleSchema,
  /** The snapshots it is the disk of. */
  snapshots: z.array(mentionSchema),
  /** The machines whose disks hold it, or build on it. */
  usedBy: z.array(mentionSchema),
  /** What is wrong with the file, as words that follow its name (`it is missing`); null when nothing is. */
  problem: z.string().nullable(),
});
export type Image = z.infer<typeof imageSchema>;

/** A file of a chain, as its own header tells. */
const imageLinkSchema = imageSchema.pick({ file: true, virtualSize: true, problem: true }).extend({
  format: imageFormatSchema.nullable(),
  actualSize: z.int().nullable(),
});

/** Everything about one image. */
export const imageInfoSchema = imageSchema.extend({
  /** This image and all it builds on; the base is last. */
  chain: z.array(imageLinkSchema),
  /** The images in Bothy's folders that build directly on it. */
  dependents: z.array(z.string()),
  clusterSize: z.int().nullable(),
  /** Snapshots inside the file, as other programs make them. */
  internalSnapshots: z.int(),
  isEncrypted: z.boolean(),
  /** Why an image from outside is not to be trusted; null when it names no other files. */
  warning: z.string().nullable(),
});
export type ImageInfo = z.infer<typeof imageInfoSchema>;

/** One image after a change. */
export const imageResultSchema = z.strictObject({
  file: z.string(),
  format: imageFormatSchema,
  virtualSize: z.int(),
  actualSize: z.int(),
  /** What the new image does not have of the old one, and other things to know. */
  notices: z.array(z.string()),
});
export type ImageResult = z.infer<typeof imageResultSchema>;

export const resizeResultSchema = z.strictObject({
  file: z.string(),
  virtualSizeBefore: z.int(),
  virtualSize: z.int(),
  /** Whether it grew under a running machine, whose guest sees it at once. */
  isLive: z.boolean(),
});
export type ResizeResult = z.infer<typeof resizeResultSchema>;

/**
 * What was found in one file: `leaks` waste space and harm nothing, `corrupt` files may have lost data, and some formats
 * (`unchecked`) hold nothing that could be checked.
 */
export const imageFindingSchema = z.strictObject({
  file: z.string(),
  format: imageFormatSchema.nullable(),
  status: z.enum(['clean', 'leaks', 'corrupt', 'unchecked', 'unreadable']),
  corruptions: z.int(),
  leaks: z.int(),
  /** Errors of the check itself, such as parts of the file that cannot be read. */
  checkErrors: z.int(),
  /** Why it was not checked, or could not be read. */
  reason: z.string().nullable(),
});
export type ImageFinding = z.infer<typeof imageFindingSchema>;

export const checkResultSchema = z.strictObject({
  /** The image first, then what it builds on. */
  findings: z.array(imageFindingSchema),
  /** A machine writes to it at this moment, so findings may be writes that are under way. */
  isInUse: z.boolean(),
  repaired: z
    .strictObject({
      corruptions: z.int(),
      leaks: z.int(),
      /** Where the damaged original is now; null when nothing but leaks was repaired. */
      original: z.string().nullable(),
    })
    .nullable(),
});
export type CheckResult = z.infer<typeof checkResultSchema>;

export const compactResultSchema = z.strictObject({
  file: z.string(),
  actualSizeBefore: z.int(),
  actualSize: z.int(),
  /** 0 when there was nothing to gain and the file was left alone. */
  freedBytes: z.int(),
});
export type CompactResult = z.infer<typeof compactResultSchema>;
