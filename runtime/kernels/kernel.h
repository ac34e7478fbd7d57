// What a kernel is: two functions over an argument struct that is generated from the op's definition.

#ifndef MTC_KERNELS_KERNEL_H_
#define MTC_KERNELS_KERNEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "core/isa.h"
#include "core/span.h"
#include "core/status.h"
#include "core/tensor.h"

namespace mtc {

class PackedWeights;
class ThreadPool;

// What a kernel keeps between runs: a library's operator, say. Destroying it releases everything.
class KernelState {
 public:
  virtual ~KernelState() = default;
};

// What both phases see. The interpreter owns one for each instruction of a session.
class KernelContext {
 public:
  ThreadPool* threads = nullptr;    // null: the calling thread only
  Isa isa = Isa::kBase;             // the level of the Run that is called
  PackedWeights* packed = nullptr;  // the program's
  std::unique_ptr<KernelState> state;
  void* scratch = nullptr;  // 64-byte aligned, as many bytes as were required; Run only
  size_t scratch_size = 0;
  Error* error = nullptr;

  // kInvalidArgument or kRunFailed with the reason; the interpreter adds which instruction it was.
  template <typename... Args>
  Status Fail(Status status, const char* format, Args... args) {
    return error->Report(status, format, args...);
  }
};

// The kernel's state, made on first use. Null if there is no memory.
template <typename State>
State* StateOf(KernelContext& context) {
  if (context.state == nullptr) context.state.reset(new (std::nothrow) State());
  return static_cast<State*>(context.state.get());
}

inline Status OutOfMemory(KernelContext& context) {
  return context.Fail(Status::kOutOfMemory, "no memory for the kernel's state");
}

// Prepare is called once for each set of input shapes. It derives the shapes of the outputs from those of the inputs,
// checks all that Run relies on, and says how much scratch Run needs. Constants have data; other operands and results
// have none yet, but the pitches that they will have.
class PrepareContext : public KernelContext {
 public:
  // Says which shape `out` has to have. Fails if the program promised another one.
  Status Resize(Tensor* out, Span<const int64_t> dims);
  // `count` by `each` elements of `size` bytes; calls add up. Values have at most 2^47 bytes, but not what is computed
  // from the sizes of two of them: what no memory has is refused before Run.
  void RequireScratch(int64_t count, int64_t each, size_t size);
  void RequireScratch(size_t bytes) { RequireScratch(1, 1, bytes); }
};

// One field of an argument struct, so that one small function fills all of them.
enum class FieldKind : uint8_t {
  kInput,           // const Tensor*
  kOptionalInput,   // const Tensor*, null if absent
  kVariadicInput,   // Span<const Tensor* const>; the last input
  kOutput,          // Tensor*; one of several is null if nobody reads it
  kVariadicOutput,  // Span<Tensor* const>; the last output
  kInt,             // int64_t
  kFloat,           // double
  kBool,            // bool
  kEnum,            // uint8_t-sized enum with `limit` values; DType is one
  kInts,            // Span<const int64_t>, static
  kFloats,          // Span<const double>
  kDims,            // Span<const int64_t>, evaluated for the actual shapes
  kFunction,        // NestedFunction*
};

struct Field {
  FieldKind kind;
  uint8_t limit;    // of an enum; the size of a tuple with a fixed one, else 0
  uint16_t offset;  // in the argument struct
};

// Where a result may lie while the operands are still read. Kernels rely on what they have checked in an operand, such
// as indices, so that the interpreter refuses a program whose results lie anywhere else.
enum class Sharing : uint8_t {
  kNone,     // apart from all operands
  kInPlace,  // also exactly where an operand with as many elements of that size lies: elementwise kernels
  kFirst,    // also exactly where the first operand lies: kernels that change a part of it
  kAny,      // anywhere: kernels that only move bytes
};

struct ArgsLayout {
  const Field* fields;  // operands, results, attributes, regions, each in order of definition
  uint16_t count;
  uint16_t size;  // bytes of the struct
  Sharing sharing = Sharing::kNone;
};

using PrepareFunction = Status (*)(PrepareContext&, const void* args);
using RunFunction = Status (*)(KernelContext&, const void* args);

// A row of a kernel table. `run[kBase]` is always there, the others may be null. `types` are the dtypes of the operands
// and results, for the loader's check: each input then each output, 0xff where the op takes any; a variadic one is
// given once.
struct KernelEntry {
  const char* key;  // leaky_relu@portable:f32/1
  const ArgsLayout* layout;
  const uint8_t* types;
  PrepareFunction prepare;
  RunFunction run[kIsaCount];
  bool takes_pitch = false;  // operands and results may be rows of a wider tensor
};

struct KernelTable {
  const KernelEntry* entries;  // sorted by key
  size_t count;
};

// Adapts a kernel's typed function to the table's signature.
template <typename Context, typename Args, Status (*kFunction)(Context&, const Args&)>
Status CallKernel(Context& context, const void* args) {
  return kFunction(context, *static_cast<const Args*>(args));
}

}  // namespace mtc

// A kernel's file stands in the namespace of its library and of the instruction-set level it is compiled for: the build
// compiles hot kernels once for each level, and inline functions of one level must never be merged with another's.
//
//   namespace MTC_PORTABLE {
//   #if MTC_ISA_LEVEL == 0   // hot kernels only: Prepare exists once
//   Status PrepareSoftmax(PrepareContext& context, const SoftmaxArgs& args) { ... }
//   #endif
//   template <typename T>
//   Status RunSoftmax(KernelContext& context, const SoftmaxArgs& args) { ... }
//   MTC_PORTABLE_KERNEL(Softmax)
//   }
#ifndef MTC_ISA_LEVEL
#define MTC_ISA_LEVEL 0
#endif
#define MTC_CONCAT_(a, b) a##b
#define MTC_CONCAT(a, b) MTC_CONCAT_(a, b)
#define MTC_ISA_NAMESPACE MTC_CONCAT(isa, MTC_ISA_LEVEL)
#define MTC_PORTABLE mtc::kernels::portable::MTC_ISA_NAMESPACE
#define MTC_XNNPACK mtc::kernels::xnnpack::MTC_ISA_NAMESPACE
#define MTC_QNNPACK mtc::kernels::qnnpack::MTC_ISA_NAMESPACE

// At the end of a kernel's file: instantiates Run for exactly the selected dtypes. selected_kernels.h, which the build
// writes, says which (mtc/build/kernel_table.py).
#define MTC_PORTABLE_KERNEL(Op) MTC_SELECTED_portable_##Op(MTC_INSTANTIATE_RUN)
#define MTC_XNNPACK_KERNEL(Op) MTC_SELECTED_xnnpack_##Op(MTC_INSTANTIATE_RUN)
#define MTC_QNNPACK_KERNEL(Op) MTC_SELECTED_qnnpack_##Op(MTC_INSTANTIATE_RUN)
#define MTC_INSTANTIATE_RUN(Op, ...) template Status Run##Op<__VA_ARGS__>(KernelContext&, const Op##Args&);

#endif  // MTC_KERNELS_KERNEL_H_
