package dev.mtc;

import java.nio.charset.StandardCharsets;

/** Why the runtime refused. */
public final class MtcException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** The kinds of reasons, in the order of the C API's mtc_status. */
  public enum Status {
    OK,
    /** The caller gave something the program does not take. */
    INVALID_ARGUMENT,
    /** The file is damaged or was not made by mtc. */
    INVALID_PROGRAM,
    /** The program needs kernels that this runtime was built without. */
    MISSING_KERNEL,
    /** The system's memory, or the limit given in the options. */
    OUT_OF_MEMORY,
    /** A file could not be opened or read. */
    IO,
    /** The run was cancelled, or its step budget used up. */
    CANCELLED,
    /** A kernel met a value that it cannot serve, such as an index out of range. */
    RUN_FAILED
  }

  private final Status status;

  MtcException(Status status, String message) {
    super(message);
    this.status = status;
  }

  /** Called by the native methods. */
  MtcException(int status, byte[] message) {
    this(Status.values()[status], new String(message, StandardCharsets.UTF_8));
  }

  static MtcException invalid(String message) {
    return new MtcException(Status.INVALID_ARGUMENT, message);
  }

  public Status status() {
    return status;
  }
}
