// Recurrent layers. What the inputs add to the gates is one product for all times; then each time adds what the hidden
// state does, as dot products, since few rows share the weights, which may be stored in fewer bits than the rest.
// States stay in float for half-precision operands.

#ifndef MTC_KERNELS_RECURRENT_H_
#define MTC_KERNELS_RECURRENT_H_

#include <new>

#include "kernels/dot.h"
#include "kernels/packed_product.h"
#include "kernels/paired_rows.h"
#include "kernels/selected_types.h"
#include "kernels/shape_rules.h"
#include "kernels/vector_math.h"

namespace MTC_PORTABLE {

// Sizes of one layer; `rows` is time * batch.
struct LayerSizes {
  int64_t time, batch, features, hidden, gates;

  int64_t rows() const { return time * batch; }
  int64_t width() const { return gates * hidden; }
};

MTC_INLINE LayerSizes SizesOfLayer(const Tensor& x, const Tensor& weight_hh, bool batch_first) {
  const int64_t hidden = weight_hh.dims[1];
  return {x.dims[batch_first ? 1 : 0], x.dims[batch_first ? 0 : 1], x.dims[2], hidden,
          hidden == 0 ? 1 : weight_hh.dims[0] / hidden};
}

// Up to this many rows of inputs are dot products.
inline constexpr int64_t kFewInputs = 3;

// What inputs add to the gates: a product with the weights as they lie, or with constant ones, packed.
template <typename T>
using Projection = Product<Compute<T>, MatrixRows<Compute<T>, T>, MatrixColumns<Compute<T>, T>>;
template <typename T>
using PackedProjection = Product<Compute<T>, MatrixRows<Compute<T>, T>, PackedPanels<Compute<T>>>;

inline ProductSizes ProjectionSizes(const LayerSizes& s) { return {s.rows(), s.width(), s.features}; }

// Bytes of scratch for it.
template <typename T, typename Weights>
size_t ProjectionScratch(Isa isa, const ThreadPool* threads, const LayerSizes& s, const Tensor& weight_ih) {
  return Weights::IsConstant(weight_ih) ? MultiplyScratch<PackedProjection<T>>(isa, threads, ProjectionSizes(s))
                                        : MultiplyScratch<Projection<T>>(isa, threads, ProjectionSizes(s));
}

struct LayerState : KernelState {
  const void* packed = nullptr;  // constant weights of the inputs
  const void* paired = nullptr;  // those of hidden states, of 8-bit integers
};

#if MTC_ISA_LEVEL == 0
// Checks the operands of a layer with `gates` gates, gives the results their shapes, and requires scratch. `states` are
// [batch, hidden], as are the results after the first; absent operands are null. `Types` are MTC_PORTABLE_TYPES,
// Weights<T> the MTC_WEIGHT_KINDS.
template <typename Types, template <typename> class Weights>
Status PrepareLayer(PrepareContext& context, int64_t gates, const Tensor& x, const Tensor& weight_ih,
                    const Tensor& weight_hh, Span<const Tensor* const> biases, Span<const Tensor* const> states,
                    Span<Tensor* const> results, bool batch_first) {
  if (x.rank != 3 || weight_ih.rank != 2 || weight_hh.rank != 2) {
    return context.Fail(Status::kInvalidProgram, "x is not [time, batch, features], or weights are no matrices");
  }
  const int64_t hidden = weight_hh.dims[1];
  int64_t width;
  if (__builtin_mul_overflow(hidden, gates, &width) || weight_hh.dims[0] != width || weight_ih.dims[0] != width ||
      weight_ih.dims[1] != x.dims[2]) {
    return context.Fail(Status::kInvalidArgument, "weights are not [%lld * hidden, %lld] and [%lld * hidden, hidden]",
                        static_cast<long long>(gates), static_cast<long long>(x.dims[2]),
                        static_cast<long long>(gates));
  }
  for (const Tensor* bias : biases) {
    if (bias != nullptr && (bias->rank != 1 || bias->dims[0] != width)) {
      return context.Fail(Status::kInvalidProgram, "a bias has not one element for each row of the weights");
    }
  }
  const LayerSizes s = SizesOfLayer(x, weight_hh, batch_first);
  for (const Tensor* state : states) {
    if (state->rank != 2 || state->dims[0] != s.batch || state->dims[1] != hidden) {
      return context.Fail(Status::kInvalidArgument, "a state is not [%lld, %lld]", static_cast<long long>(s.batch),
                          static_cast<long long>(hidden));
    }
  }
  const int64_t sequence[] = {x.dims[0], x.dims[1], hidden}, last[] = {s.batch, hidden};
  for (size_t i = 0; i < results.size(); ++i) {
    MTC_RETURN_IF_ERROR(context.Resize(results[i], i == 0 ? Span<const int64_t>(sequence) : Span<const int64_t>(last)));
  }
  MTC_RETURN_IF_ERROR(CheckStored(context, weight_hh));
  // What inputs add, what hidden states add, the states (two of hidden: before and after), and the product's own.
  auto* state = StateOf<LayerState>(context);
  if (state == nullptr) return OutOfMemory(context);
  if (weight_hh.dtype == DType::kQI8 && HasScaledRows(weight_hh)) {
    MTC_RETURN_IF_ERROR(PackPairedRows(context, weight_hh, &state->paired));
  }
  return Types::With(context, x.dtype, [&](auto element) {
    using T = decltype(element);
    MTC_RETURN_IF_ERROR(Weights<T>::Check(context, weight_ih));
    context.RequireScratch(s.rows() + s.batch, width, sizeof(Compute<T>));
    context.RequireScratch(3 * s.batch, hidden, sizeof(Compute<T>));
    context.RequireScratch(ProjectionScratch<T, Weights<T>>(context.isa, context.threads, s, weight_ih));
    if (!Weights<T>::IsConstant(weight_ih) || s.rows() <= kFewInputs) return Status::kOk;
    return PackConstant<T>(context, weight_ih, 1, {width, s.features}, &state->packed);
  });
}
#endif

// --- what gates are computed with: a vector of floats, or one double
template <typename C>
using Lane = std::conditional_t<std::is_same_v<C, float>, Vec, C>;
template <typename C>
inline constexpr int64_t kLaneCount = sizeof(Lane<C>) / sizeof(C);

template <typename C, typename T>
MTC_INLINE Lane<C> Get(const T* from, int64_t count) {
  if constexpr (kLaneCount<C> == 1) {
    return static_cast<C>(*from);
  } else {
    return count == kLaneCount<C> ? Load<Lane<C>>(from) : LoadPart<Lane<C>>(from, count);
  }
}
template <typename C, typename T>
MTC_INLINE void Put(T* to, Lane<C> value, int64_t count) {
  if constexpr (kLaneCount<C> == 1) {
    *to = static_cast<T>(value);
  } else if (count == kLaneCount<C>) {
    Store(to, value);
  } else {
    StorePart(to, value, count);
  }
}
// Units [j, j + count) of gate `g`: what stands there, plus the bias if there is one.
template <typename T, typename C>
MTC_INLINE Lane<C> Gate(const C* gates, const T* bias, int64_t hidden, int64_t g, int64_t j, int64_t count) {
  const Lane<C> value = Get<C>(gates + g * hidden + j, count);
  return bias == nullptr ? value : value + Get<C>(bias + g * hidden + j, count);
}

// `W` are the weights of hidden states, `Weights` the kinds of those of inputs.
template <typename T, typename W, typename Weights>
class Layer {
 public:
  using C = Compute<T>;

  Layer(KernelContext& context, const Tensor& x, const Tensor& weight_ih, const Tensor& weight_hh, bool reverse,
        bool batch_first)
      : s(SizesOfLayer(x, weight_hh, batch_first)),
        threads_(context.threads),
        weight_hh_(weight_hh),
        paired_(static_cast<const uint32_t*>(static_cast<const LayerState*>(context.state.get())->paired)),
        reverse_(reverse),
        batch_first_(batch_first) {
    const size_t own = ProjectionScratch<T, Weights>(static_cast<Isa>(MTC_ISA_LEVEL), context.threads, s, weight_ih);
    inputs_ = reinterpret_cast<C*>(static_cast<char*>(context.scratch) + own);
    recurrent_ = inputs_ + s.rows() * s.width();
    hidden_ = recurrent_ + s.batch * s.width();
    next_ = hidden_ + s.batch * s.hidden;
    cell = next_ + s.batch * s.hidden;
    Project(context, x.as<T>(), weight_ih);
  }

  void Read(const Tensor& state, C* to) const {
    for (int64_t i = 0; i < s.batch * s.hidden; ++i) to[i] = static_cast<C>(state.as<T>()[i]);
  }
  void Write(const C* from, const Tensor* state) const {
    for (int64_t i = 0; state != nullptr && i < s.batch * s.hidden; ++i) state->as<T>()[i] = static_cast<T>(from[i]);
  }

  // For all times: unit(inputs, recurrent, b, j, count) gives hidden units [j, j + count) of sample b from the gates'
  // two parts, [gates * hidden] each. Afterwards out0 and out1 hold the states of all times and the last.
  template <typename Unit>
  void Run(const Tensor& initial, Tensor* sequence, Tensor* last, const Unit& unit) {
    Read(initial, hidden_);
    const int64_t grain = RoundUp(1 + (int64_t{1} << 14) / (s.width() * s.batch + 1), kLaneCount<C>);
    for (int64_t step = 0; step < s.time; ++step) {
      const int64_t t = reverse_ ? s.time - 1 - step : step;
      ParallelFor(threads_, s.hidden, grain, [&](int64_t begin, int64_t end) {
        for (int64_t g = 0; g < s.gates; ++g) Recur(g * s.hidden + begin, g * s.hidden + end);
        for (int64_t b = 0; b < s.batch; ++b) {
          const int64_t row = batch_first_ ? b * s.time + t : t * s.batch + b;
          for (int64_t j = begin; j < end; j += kLaneCount<C>) {
            const int64_t count = Least(kLaneCount<C>, end - j);
            const Lane<C> value = unit(inputs_ + row * s.width(), recurrent_ + b * s.width(), b, j, count);
            Put<C>(next_ + b * s.hidden + j, value, count);
            if (sequence != nullptr) Put<C>(sequence->as<T>() + row * s.hidden + j, value, count);
          }
        }
      });
      C* const before = hidden_;
      hidden_ = next_;
      next_ = before;
    }
    Write(hidden_, last);
  }

  // Units [j, j + count) of sample b before this time.
  MTC_INLINE Lane<C> Hidden(int64_t b, int64_t j, int64_t count) const {
    return Get<C>(hidden_ + b * s.hidden + j, count);
  }

  const LayerSizes s;
  C* cell;  // [batch, hidden], for the layer that has one

 private:
  // What the hidden states of all samples add to rows [row, end) of the gates.
  MTC_INLINE void Recur(int64_t row, int64_t end) const {
    constexpr int kAtOnce = std::is_same_v<C, float> ? 4 : 1;
    for (; row + kAtOnce <= end; row += kAtOnce) RecurRows<kAtOnce>(row);
    for (; row < end; ++row) RecurRows<1>(row);
  }

  template <int kRows>
  MTC_INLINE void RecurRows(int64_t row) const {
    for (int64_t b = 0; b < s.batch; ++b) {
      DotWeights<kRows>(row, hidden_ + b * s.hidden, recurrent_ + b * s.width() + row);
    }
  }

  // sums[r] = hidden times row `row` + r of the weights.
  template <int kRows>
  MTC_INLINE void DotWeights(int64_t row, const C* hidden, C* sums) const {
    if constexpr (std::is_same_v<W, Qi8>) {
      if (paired_ != nullptr) {
        DotPairedRows<kRows>(paired_ + row * PairedPitch(static_cast<Isa>(MTC_ISA_LEVEL), s.hidden), hidden, s.hidden,
                             sums);
        const Quantization& q = *weight_hh_.quantization;
        for (int r = 0; r < kRows; ++r) sums[r] *= ScaleAt(q, q.axis < 0 ? 0 : row + r);
        return;
      }
      for (int r = 0; r < kRows; ++r) {
        sums[r] = 0;
        ForRow<W>(weight_hh_, row + r, [&](int64_t first, int64_t count, const float* weights) {
          sums[r] += Dot<float>(hidden + first, weights, count);
        });
      }
    } else if constexpr (std::is_same_v<C, float>) {
      DotRows<kRows>(weight_hh_.as<W>() + row * s.hidden, hidden, s.hidden, sums);
    } else {
      sums[0] = Dot<C>(hidden, weight_hh_.as<W>() + row * s.hidden, s.hidden);
    }
  }

  void Project(KernelContext& context, const T* x, const Tensor& weight) {
    const int64_t rows = s.rows(), width = s.width(), depth = s.features;
    if (rows <= kFewInputs) {
      DotProducts<C>(threads_, x, rows, weight.as<T>(), width, depth,
                     [&](int64_t r, int64_t c, C value) { inputs_[r * width + c] = value; });
    } else if (Weights::IsConstant(weight)) {
      const auto* packed = static_cast<const C*>(static_cast<const LayerState*>(context.state.get())->packed);
      const PackedProjection<T> product = {{x, depth}, {packed}, inputs_, width, {}};
      Multiply(threads_, 1, ProjectionSizes(s), [&](int64_t) { return product; }, context.scratch);
    } else {
      const Projection<T> product = {{x, depth}, {weight.as<T>(), 1, depth}, inputs_, width, {}};
      Multiply(threads_, 1, ProjectionSizes(s), [&](int64_t) { return product; }, context.scratch);
    }
  }

  ThreadPool* threads_;
  const Tensor& weight_hh_;
  const uint32_t* paired_;
  bool reverse_, batch_first_;
  C *inputs_, *recurrent_, *hidden_, *next_;
};

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_RECURRENT_H_
