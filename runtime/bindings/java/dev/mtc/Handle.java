package dev.mtc;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Collections;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;

/**
 * A handle of the C API, destroyed once it is closed and nobody uses it any more.
 *
 * <p>A call uses it, and so does a session its program. So a call that is closed meanwhile ends well, and a program may
 * be closed before its sessions. It closes itself when its owner is garbage; that is looked for when another handle is
 * made, which takes no thread.
 */
final class Handle extends PhantomReference<Object> {
  private static final ReferenceQueue<Object> GARBAGE = new ReferenceQueue<>();
  /** A phantom reference that is garbage itself would never be queued. */
  private static final Set<Handle> OPEN = Collections.newSetFromMap(new ConcurrentHashMap<Handle, Boolean>());

  private final long address;
  private final String what;
  private final Runnable destroy;
  private int users = 1; // the owner, until it closes
  private boolean isClosed;

  /** {@code destroy} must not know the owner, which would never be garbage then. */
  Handle(Object owner, String what, long address, Runnable destroy) {
    super(owner, GARBAGE);
    this.what = what;
    this.address = address;
    this.destroy = destroy;
    OPEN.add(this);
  }

  /** Closes the handles whose owners are garbage. */
  static void collect() {
    for (Reference<?> found = GARBAGE.poll(); found != null; found = GARBAGE.poll()) {
      ((Handle) found).close();
    }
  }

  /** The address, which stays good until {@link #release}. */
  synchronized long acquire() {
    if (isClosed) {
      throw new IllegalStateException("the " + what + " is closed");
    }
    ++users;
    return address;
  }

  void release() {
    synchronized (this) {
      if (--users > 0) {
        return;
      }
    }
    OPEN.remove(this);
    destroy.run();
  }

  /** What the call gives for the address, which stays good meanwhile. */
  <T> T ask(LongFunction<T> call) {
    long used = acquire();
    try {
      return call.apply(used);
    } finally {
      release();
    }
  }

  /** Calls with the address, which stays good meanwhile. */
  void tell(LongConsumer call) {
    long used = acquire();
    try {
      call.accept(used);
    } finally {
      release();
    }
  }

  /** Once closed it stays so; a second time does nothing. */
  void close() {
    synchronized (this) {
      if (isClosed) {
        return;
      }
      isClosed = true;
    }
    release();
  }

  /** How many are not destroyed. */
  static int open() {
    return OPEN.size();
  }
}
