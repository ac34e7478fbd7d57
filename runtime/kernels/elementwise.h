// Kernels whose result depends on the operands element by element, and NumPy's broadcasting of them.

#ifndef MTC_KERNELS_ELEMENTWISE_H_
#define MTC_KERNELS_ELEMENTWISE_H_

#include <utility>

#include "core/thread_pool.h"
#include "generated/args.h"
#include "kernels/shape_rules.h"
#include "kernels/simd.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

// Tensor::count(), but always inlined: of an ordinary function the linker keeps one copy of all the instruction-set
// levels', and it may be one that this processor cannot run.
MTC_INLINE int64_t Count(const Tensor& x) {
  int64_t n = 1;
  for (int i = 0; i < x.rank; ++i) n *= x.dims[i];
  return n;
}

// Integers wrap; bool is never computed with.
template <typename T>
using Unsigned = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

#define MTC_WRAPPING(Name, op)                                                           \
  template <typename V>                                                                  \
  MTC_INLINE V Name(V x, V y) {                                                          \
    if constexpr (std::is_integral_v<V>) {                                               \
      return static_cast<V>(static_cast<Unsigned<V>>(x) op static_cast<Unsigned<V>>(y)); \
    } else {                                                                             \
      return x op y;                                                                     \
    }                                                                                    \
  }
MTC_WRAPPING(Add, +)
MTC_WRAPPING(Sub, -)
MTC_WRAPPING(Mul, *)
#undef MTC_WRAPPING

// An attribute as an element of type T has it; integers are truncated and saturate.
template <typename T>
Compute<T> Constant(double value) {
  using C = Compute<T>;
  if constexpr (std::is_integral_v<C>) {
    constexpr C kLeast = std::is_signed_v<C> ? static_cast<C>(Unsigned<C>{1} << (8 * sizeof(C) - 1)) : C{0};
    constexpr C kMost = static_cast<C>(~kLeast);
    if (value != value) return 0;
    return value <= static_cast<double>(kLeast)  ? kLeast
           : value >= static_cast<double>(kMost) ? kMost
                                                 : static_cast<C>(value);
  } else {
    return static_cast<C>(static_cast<T>(value));
  }
}

// Whether f is called with vectors: floats, and the half-precision types that are computed as floats.
template <typename T>
inline constexpr bool kHasVectors = std::is_same_v<Compute<T>, float>;

// out[i] = f(x[i]). `f` takes a Vec where T has vectors, else a scalar.
template <typename T, typename F>
MTC_INLINE void MapUnary(KernelContext& context, const Tensor& x, const Tensor& out, const F& f) {
  ParallelFor(context.threads, Count(x), kElementGrain, [&](int64_t begin, int64_t end) {
    const T* from = x.as<T>();
    T* to = out.as<T>();
    if constexpr (kHasVectors<T>) {
      for (; begin + kLanes <= end; begin += kLanes) Store(to + begin, f(Load<Vec>(from + begin)));
      if (begin < end) StorePart(to + begin, f(LoadPart<Vec>(from + begin, end - begin)), end - begin);
    } else {
      for (; begin < end; ++begin) to[begin] = static_cast<T>(f(from[begin]));
    }
  });
}

// out[i] = f(x[i]), where `f` always takes a scalar, and the result may have another type.
template <typename T, typename R, typename F>
MTC_INLINE void MapScalars(KernelContext& context, const Tensor& x, const Tensor& out, const F& f) {
  ParallelFor(context.threads, Count(x), kElementGrain / 8, [&](int64_t begin, int64_t end) {
    const T* from = x.as<T>();
    R* to = out.as<R>();
    for (; begin < end; ++begin) to[begin] = static_cast<R>(f(static_cast<Compute<T>>(from[begin])));
  });
}

// How the elements of up to three operands meet: adjacent axes that move alike are one, the last is the inner loop.
struct Broadcast {
  int rank = 1;
  int64_t dims[kMaxRank] = {1};
  int64_t steps[3][kMaxRank] = {};

  Broadcast(const Tensor& out, Span<const Tensor* const> operands) {
    int64_t stride[3] = {1, 1, 1};
    rank = 0;
    int64_t all_dims[kMaxRank], all_steps[3][kMaxRank];
    for (int axis = out.rank - 1; axis >= 0; --axis) {
      if (out.dims[axis] == 1) continue;
      all_dims[rank] = out.dims[axis];
      bool joins = rank > 0;
      for (size_t i = 0; i < operands.size(); ++i) {
        const int own = axis - (out.rank - operands[i]->rank);
        const int64_t size = own < 0 ? 1 : operands[i]->dims[own];
        all_steps[i][rank] = size == 1 ? 0 : stride[i];
        stride[i] *= size;
        joins = joins && all_steps[i][rank] == all_steps[i][rank - 1] * all_dims[rank - 1];
      }
      if (joins) {
        all_dims[rank - 1] *= all_dims[rank];
      } else {
        ++rank;
      }
    }
    for (int i = 0; i < rank; ++i) {  // innermost first until here
      dims[rank - 1 - i] = all_dims[i];
      for (size_t k = 0; k < operands.size(); ++k) steps[k][rank - 1 - i] = all_steps[k][i];
    }
    if (rank == 0) rank = 1;
  }
};

// Calls row(body, offsets, at, count) for the runs of the inner loop in [begin, end).
using RowFunction = void (*)(const void* body, const int64_t* offsets, int64_t at, int64_t count);
[[gnu::noinline, maybe_unused]] static void ForEachRow(const Broadcast& plan, int64_t begin, int64_t end,
                                                       RowFunction row, const void* body) {
  const int64_t inner = plan.dims[plan.rank - 1];
  while (begin < end) {
    int64_t rest = begin / inner;
    const int64_t column = begin % inner;
    int64_t offsets[3];
    for (int i = 0; i < 3; ++i) offsets[i] = column * plan.steps[i][plan.rank - 1];
    for (int axis = plan.rank - 2; axis >= 0; --axis) {
      const int64_t index = rest % plan.dims[axis];
      rest /= plan.dims[axis];
      for (int i = 0; i < 3; ++i) offsets[i] += index * plan.steps[i][axis];
    }
    const int64_t count = inner - column < end - begin ? inner - column : end - begin;
    row(body, offsets, begin, count);
    begin += count;
  }
}

// Calls body(offsets, at, count): operand k starts at offsets[k] and moves by its inner step, the result at `at`.
template <typename Body>
MTC_INLINE void ForBroadcast(KernelContext& context, const Broadcast& plan, int64_t total, int64_t grain,
                             const Body& body) {
  const RowFunction row = [](const void* b, const int64_t* offsets, int64_t at, int64_t count) {
    (*static_cast<const Body*>(b))(offsets, at, count);
  };
  ParallelFor(context.threads, total, grain,
              [&](int64_t begin, int64_t end) { ForEachRow(plan, begin, end, row, &body); });
}

// out = f(x, y), broadcast. `f` takes a Vec where T has vectors, else scalars.
template <typename T, typename F>
MTC_INLINE void MapBinary(KernelContext& context, const Tensor& x, const Tensor& y, const Tensor& out, const F& f) {
  const Tensor* operands[] = {&x, &y};
  const Broadcast plan(out, operands);
  const int64_t x_step = plan.steps[0][plan.rank - 1], y_step = plan.steps[1][plan.rank - 1];
  ForBroadcast(context, plan, Count(out), kElementGrain, [&](const int64_t* offsets, int64_t at, int64_t count) {
    const T* a = x.as<T>() + offsets[0];
    const T* b = y.as<T>() + offsets[1];
    T* to = out.as<T>() + at;
    int64_t i = 0;
    if constexpr (kHasVectors<T>) {
      const Vec first = Splat<Vec>(static_cast<float>(*a)), second = Splat<Vec>(static_cast<float>(*b));
      for (; i + kLanes <= count; i += kLanes) {
        Store(to + i, f(x_step ? Load<Vec>(a + i) : first, y_step ? Load<Vec>(b + i) : second));
      }
      const int64_t left = count - i;
      if (left > 0) {
        StorePart(to + i, f(x_step ? LoadPart<Vec>(a + i, left) : first, y_step ? LoadPart<Vec>(b + i, left) : second),
                  left);
      }
    } else {
      for (; i < count; ++i) to[i] = static_cast<T>(f(a[i * x_step], b[i * y_step]));
    }
  });
}

// out = f(x, y), broadcast, where `f` always takes scalars, and the result may have another type.
template <typename T, typename R, typename F>
MTC_INLINE void MapScalars(KernelContext& context, const Tensor& x, const Tensor& y, const Tensor& out, const F& f) {
  const Tensor* operands[] = {&x, &y};
  const Broadcast plan(out, operands);
  const int64_t x_step = plan.steps[0][plan.rank - 1], y_step = plan.steps[1][plan.rank - 1];
  ForBroadcast(context, plan, Count(out), kElementGrain / 8, [&](const int64_t* offsets, int64_t at, int64_t count) {
    const T* a = x.as<T>() + offsets[0];
    const T* b = y.as<T>() + offsets[1];
    R* to = out.as<R>() + at;
    for (int64_t i = 0; i < count; ++i) {
      to[i] = static_cast<R>(f(static_cast<Compute<T>>(a[i * x_step]), static_cast<Compute<T>>(b[i * y_step])));
    }
  });
}

}  // namespace MTC_PORTABLE

// A kernel of one operand without attributes that calls f on vectors; of hot kernels Prepare exists once.
#if MTC_ISA_LEVEL == 0
#define MTC_PREPARE_UNARY(Op) \
  Status Prepare##Op(PrepareContext& context, const Op##Args& args) { return SameShape(context, args.x, args.out); }
#define MTC_PREPARE_BINARY(Op)                                        \
  Status Prepare##Op(PrepareContext& context, const Op##Args& args) { \
    return BroadcastShape(context, args.x, args.y, args.out);         \
  }
#else
#define MTC_PREPARE_UNARY(Op)
#define MTC_PREPARE_BINARY(Op)
#endif

#define MTC_UNARY_KERNEL(Op, ...)                                \
  MTC_PREPARE_UNARY(Op)                                          \
  template <typename T>                                          \
  Status Run##Op(KernelContext& context, const Op##Args& args) { \
    MapUnary<T>(context, *args.x, *args.out, __VA_ARGS__);       \
    return Status::kOk;                                          \
  }                                                              \
  MTC_PORTABLE_KERNEL(Op)

// The same where f takes scalars of any dtype, half precision as float.
#define MTC_SCALAR_KERNEL(Op, ...)                               \
  MTC_PREPARE_UNARY(Op)                                          \
  template <typename T>                                          \
  Status Run##Op(KernelContext& context, const Op##Args& args) { \
    MapScalars<T, T>(context, *args.x, *args.out, __VA_ARGS__);  \
    return Status::kOk;                                          \
  }                                                              \
  MTC_PORTABLE_KERNEL(Op)

// Of two operands, broadcast.
#define MTC_BINARY_KERNEL(Op, ...)                                   \
  MTC_PREPARE_BINARY(Op)                                             \
  template <typename T>                                              \
  Status Run##Op(KernelContext& context, const Op##Args& args) {     \
    MapBinary<T>(context, *args.x, *args.y, *args.out, __VA_ARGS__); \
    return Status::kOk;                                              \
  }                                                                  \
  MTC_PORTABLE_KERNEL(Op)

#endif  // MTC_KERNELS_ELEMENTWISE_H_
