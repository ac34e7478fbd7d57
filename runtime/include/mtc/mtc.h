// The C API of the mtc runtime: the only binary interface, and the only symbols that are exported.
//
// Handles are opaque. A function that can fail returns an mtc_status and, where `error` is given, writes why in words.
// NULL for a handle or a pointer that is needed is an invalid argument; what returns no status returns zero or NULL.
// Programs are immutable and may be shared by threads; a session is used by one thread at a time. Strings are UTF-8.

#ifndef MTC_MTC_H_
#define MTC_MTC_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(MTC_API)  // the runtime's own build says what it exports
#elif defined(_WIN32)
#define MTC_API  // the same for an app of the DLL, by its import library, and of the static library
#else
#define MTC_API __attribute__((visibility("default")))
#endif

#define MTC_MAX_RANK 8
#define MTC_MAX_THREADS 1024

typedef enum mtc_status {
  MTC_OK = 0,
  MTC_INVALID_ARGUMENT = 1,  // the caller gave something the program does not take
  MTC_INVALID_PROGRAM = 2,   // the file is damaged or was not made by mtc
  MTC_MISSING_KERNEL = 3,    // the program needs kernels this runtime was built without
  MTC_OUT_OF_MEMORY = 4,     // the system, or the limit given in the options
  MTC_IO = 5,                // a file could not be opened or read
  MTC_CANCELLED = 6,         // the cancel flag was raised or the step budget used up
  MTC_RUN_FAILED = 7         // a kernel met a value it cannot serve, such as an index out of range
} mtc_status;

// Why a call failed. Owned by the caller; always zero-terminated.
typedef struct mtc_error {
  char message[2048];
} mtc_error;

typedef enum mtc_dtype {
  MTC_F32 = 0,
  MTC_F64 = 1,
  MTC_F16 = 2,
  MTC_BF16 = 3,
  MTC_I8 = 4,
  MTC_U8 = 5,
  MTC_I16 = 6,
  MTC_I32 = 7,
  MTC_I64 = 8,
  MTC_BOOL = 9
} mtc_dtype;

// A dense, row-major tensor. `data` is the caller's on the way in; on the way out it belongs to the session and holds
// until the next run.
typedef struct mtc_tensor {
  void* data;
  size_t size;  // bytes
  mtc_dtype dtype;
  uint32_t rank;
  int64_t dims[MTC_MAX_RANK];
} mtc_tensor;

typedef struct mtc_program mtc_program;
typedef struct mtc_session mtc_session;

// The instruction sets that mtc's own kernels may use.
typedef enum mtc_cpu {
  MTC_CPU_BEST = 0,   // whatever this processor has
  MTC_CPU_BASE = 1,   // what every processor of the target has
  MTC_CPU_AVX2 = 2,   // x86-64-v3
  MTC_CPU_AVX512 = 3  // x86-64-v4
} mtc_cpu;

// Zero is the default of every field.
typedef struct mtc_load_options {
  uint64_t max_memory;  // bytes the program's tables may ask for; 0: no limit but the system's
  mtc_cpu max_cpu;      // the highest one, if the processor has it: to compare levels
} mtc_load_options;

typedef struct mtc_session_options {
  uint32_t threads;     // 0 or 1: the calling thread only; at most MTC_MAX_THREADS
  uint64_t max_memory;  // bytes of arena and state; 0: no limit but the system's
  bool profile;         // record the time of every instruction
} mtc_session_options;

// What the program says of one input or output. A dim is -1 where the caller decides it, within [min, max].
typedef struct mtc_signature {
  const char* name;
  mtc_dtype dtype;
  uint32_t rank;
  int64_t dims[MTC_MAX_RANK];
  int64_t min_dims[MTC_MAX_RANK];
  int64_t max_dims[MTC_MAX_RANK];  // INT64_MAX: unbounded
} mtc_signature;

MTC_API const char* mtc_version(void);
MTC_API const char* mtc_status_name(mtc_status status);

// The kernels this runtime holds, in sorted order; NULL past the end.
MTC_API const char* mtc_runtime_kernel(size_t index);

MTC_API mtc_status mtc_program_load_file(const char* path, const mtc_load_options* options, mtc_program** out,
                                         mtc_error* error);
// The memory must stay valid and unchanged until the program is destroyed.
MTC_API mtc_status mtc_program_load_memory(const void* data, size_t size, const mtc_load_options* options,
                                           mtc_program** out, mtc_error* error);
// A range of an open file; the descriptor may be closed afterwards. On Windows it has to be one of the C library that
// the DLL uses, and its position is moved.
MTC_API mtc_status mtc_program_load_fd(int fd, uint64_t offset, uint64_t size, const mtc_load_options* options,
                                       mtc_program** out, mtc_error* error);
MTC_API void mtc_program_destroy(mtc_program* program);

// The functions that can be run; those nested in them, branches and loop bodies, are not counted.
MTC_API size_t mtc_program_function_count(const mtc_program* program);
MTC_API const char* mtc_program_function_name(const mtc_program* program, size_t function);
// Kernel keys the program needs; NULL past the end.
MTC_API const char* mtc_program_kernel(const mtc_program* program, size_t index);
// Free metadata by key; NULL if there is none.
MTC_API const char* mtc_program_metadata(const mtc_program* program, const char* key);
MTC_API size_t mtc_program_input_count(const mtc_program* program, size_t function);
MTC_API size_t mtc_program_output_count(const mtc_program* program, size_t function);
MTC_API mtc_status mtc_program_input(const mtc_program* program, size_t function, size_t index, mtc_signature* out);
MTC_API mtc_status mtc_program_output(const mtc_program* program, size_t function, size_t index, mtc_signature* out);
// The bundled example of an input, or the source model's result for an output. MTC_INVALID_ARGUMENT if there is none.
MTC_API mtc_status mtc_program_sample(const mtc_program* program, size_t function, bool is_output, size_t index,
                                      mtc_tensor* out);

MTC_API mtc_status mtc_session_create(const mtc_program* program, const mtc_session_options* options, mtc_session** out,
                                      mtc_error* error);
MTC_API void mtc_session_destroy(mtc_session* session);

// Runs `function` on `count` inputs in the program's order. The inputs are read before the call returns.
MTC_API mtc_status mtc_session_run(mtc_session* session, size_t function, const mtc_tensor* inputs, size_t count,
                                   mtc_error* error);
// A result of the last run of `function`.
MTC_API mtc_status mtc_session_output(const mtc_session* session, size_t function, size_t index, mtc_tensor* out);

// Makes a run in progress return MTC_CANCELLED soon. The one call another thread may make. Holds for one run.
MTC_API void mtc_session_cancel(mtc_session* session);
// Instructions a run may execute; 0: no limit. A safety net for programs with loops.
MTC_API void mtc_session_set_step_budget(mtc_session* session, uint64_t instructions);

// State: back to its initial values, and copied out and in. `size` must be what mtc_session_state_size says.
MTC_API size_t mtc_session_state_size(const mtc_session* session);
MTC_API mtc_status mtc_session_reset_state(mtc_session* session, mtc_error* error);
MTC_API mtc_status mtc_session_save_state(const mtc_session* session, void* data, size_t size, mtc_error* error);
MTC_API mtc_status mtc_session_restore_state(mtc_session* session, const void* data, size_t size, mtc_error* error);

typedef struct mtc_memory {
  uint64_t arena;    // bytes of intermediate tensors, now
  uint64_t scratch;  // bytes kernels use while they run, in the arena's block
  uint64_t state;    // bytes
  uint64_t packed;   // bytes of packed weights, shared by the program's sessions
} mtc_memory;
MTC_API mtc_memory mtc_session_memory(const mtc_session* session);

// One executed instruction of the last run of a profiling session.
typedef struct mtc_event {
  const char* kernel;    // conv2d@xnnpack:f32/1
  const char* name;      // the IR value, or "" where the debug segment was stripped
  const char* location;  // the user's source line, or ""
  uint64_t start_ns;     // since the run began
  uint64_t duration_ns;
  uint32_t function;
  uint32_t instruction;
} mtc_event;
MTC_API size_t mtc_session_event_count(const mtc_session* session);
MTC_API mtc_status mtc_session_event(const mtc_session* session, size_t index, mtc_event* out);

#ifdef __cplusplus
}
#endif

#endif  // MTC_MTC_H_
