// Elementwise kernels call XNNPACK's microkernels themselves: its operators for them bring in all that it has, 70 to
// 200 KB, for whichever one is used.

#ifndef MTC_KERNELS_XNNPACK_ELEMENTWISE_H_
#define MTC_KERNELS_XNNPACK_ELEMENTWISE_H_

#include <xnnpack/config.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/thread_pool.h"
#include "kernels/shape_rules.h"
#include "kernels/xnnpack/operator.h"

namespace MTC_XNNPACK {

// How the elements of a result and up to two operands meet. Axes that move alike in all of them are one; the last one
// is the inner loop, where a step is 1, or 0 if an operand is broadcast.
class ElementLoops {
 public:
  template <size_t kCount>
  ElementLoops(const Tensor& out, const Tensor* const (&operands)[kCount]) {
    static_assert(kCount < kTensors);
    const Tensor* tensors[kTensors] = {&out};
    std::copy(operands, operands + kCount, tensors + 1);
    int64_t dims[kMaxRank], steps[kTensors][kMaxRank];
    int64_t next[kTensors] = {1, 1, 1};  // elements from one index of the axis to the next
    int count = 0;                       // innermost first
    for (int axis = out.rank - 1; axis >= 0; --axis) {
      // An axis of one element takes no loop; but between rows of one that lie apart, the inner loop has no step of 1.
      const bool is_alone = out.dims[axis] == 1 && (axis != out.rank - 1 || !IsAnyPitched(tensors));
      if (!is_alone) dims[count] = out.dims[axis];
      bool joins = count > 0;
      for (size_t i = 0; i <= kCount; ++i) {
        const Tensor& x = *tensors[i];
        const int own = axis - (out.rank - x.rank);
        const int64_t size = own < 0 ? 1 : x.dims[own];
        if (!is_alone) steps[i][count] = size == 1 ? 0 : next[i];
        joins = joins && !is_alone && steps[i][count] == steps[i][count - 1] * dims[count - 1];
        next[i] = axis == out.rank - 1 ? (own < 0 ? 1 : x.pitch) : next[i] * size;
      }
      if (joins) {
        dims[count - 1] *= dims[count];
      } else if (!is_alone) {
        ++count;
      }
    }
    rank_ = std::max(count, 1);
    for (int i = 0; i < count; ++i) {
      dims_[rank_ - 1 - i] = dims[i];
      for (size_t k = 0; k <= kCount; ++k) steps_[k][rank_ - 1 - i] = steps[k][i];
    }
  }

  int64_t inner_step(int operand) const { return steps_[1 + operand][rank_ - 1]; }

  // Calls body(out, x, y, count) with elements' offsets, for runs of the inner loop that cover everything.
  template <typename Body>
  void Run(ThreadPool* threads, const Body& body) const {
    const int64_t inner = dims_[rank_ - 1];
    const int64_t chunk = std::min(inner, kElementGrain / 4);
    const int64_t chunks = (inner - 1) / chunk + 1;
    int64_t outer = 1;
    for (int i = 0; i + 1 < rank_; ++i) outer *= dims_[i];
    ParallelFor(threads, outer * chunks, std::max<int64_t>(kElementGrain / chunk, 1),
                [&](int64_t begin, int64_t end) { RunChunks(begin, end, chunks, chunk, body); });
  }

 private:
  static constexpr int kTensors = 3;  // the result, then the operands

  template <size_t kCount>
  static bool IsAnyPitched(const Tensor* const (&tensors)[kCount]) {
    return std::any_of(tensors, tensors + kCount, [](const Tensor* x) { return x != nullptr && !x->is_dense(); });
  }

  template <typename Body>
  void RunChunks(int64_t begin, int64_t end, int64_t chunks, int64_t chunk, const Body& body) const {
    const int last = rank_ - 1;
    int64_t index[kMaxRank], at[kTensors] = {};
    int64_t rest = begin / chunks, within = begin % chunks;
    for (int axis = last - 1; axis >= 0; --axis) {
      index[axis] = rest % dims_[axis];
      rest /= dims_[axis];
      for (int i = 0; i < kTensors; ++i) at[i] += index[axis] * steps_[i][axis];
    }
    for (; begin < end; ++begin) {
      const int64_t from = within * chunk;
      body(at[0] + from * steps_[0][last], at[1] + from * steps_[1][last], at[2] + from * steps_[2][last],
           std::min(chunk, dims_[last] - from));
      if (++within < chunks) continue;
      within = 0;
      for (int axis = last - 1; axis >= 0; --axis) {
        for (int i = 0; i < kTensors; ++i) at[i] += steps_[i][axis];
        if (++index[axis] < dims_[axis]) break;
        for (int i = 0; i < kTensors; ++i) at[i] -= steps_[i][axis] * dims_[axis];
        index[axis] = 0;
      }
    }
  }

  int rank_;
  int64_t dims_[kMaxRank] = {1};
  int64_t steps_[kTensors][kMaxRank] = {};
};

inline Status Unsupported(KernelContext& context) {
  return context.Fail(Status::kRunFailed, "XNNPACK: %s", Words(xnn_status_unsupported_hardware));
}

struct UnaryState : KernelState {
  xnn_vunary_ukernel_fn function = nullptr;
  xnn_unary_uparams params = {};
};

using UnaryConfig = const xnn_unary_elementwise_config* (*)();

// `config` names the microkernel, `params` what it is parameterized by.
inline Status PrepareUnary(PrepareContext& context, const Tensor* x, Tensor* out, UnaryConfig config,
                           const xnn_unary_params& params = {}) {
  MTC_RETURN_IF_ERROR(SameShape(context, x, out));
  auto* state = StateOf<UnaryState>(context);
  if (state == nullptr) return OutOfMemory(context);
  const xnn_unary_elementwise_config* chosen = config();
  if (chosen == nullptr || chosen->ukernel == nullptr) return Unsupported(context);
  state->function = chosen->ukernel;
  if (chosen->init != nullptr) chosen->init(&state->params, &params, nullptr, nullptr);
  return Status::kOk;
}

template <typename T>
Status RunUnary(KernelContext& context, const Tensor* x, const Tensor* out) {
  if (out->count() == 0) return Status::kOk;
  const auto& state = *static_cast<const UnaryState*>(context.state.get());
  const ElementLoops loops(*out, {x});
  loops.Run(context.threads, [&](int64_t to, int64_t from, int64_t, int64_t count) {
    state.function(count * sizeof(T), x->as<const T>() + from, out->as<T>() + to, &state.params);
  });
  return Status::kOk;
}

struct BinaryState : KernelState {
  const xnn_binary_elementwise_config* config = nullptr;
  xnn_binary_uparams params = {}, swapped = {};  // of (x, y) and of (y, x)
};

using BinaryConfig = const xnn_binary_elementwise_config* (*)();

inline Status PrepareBinary(PrepareContext& context, const Tensor* x, const Tensor* y, Tensor* out,
                            BinaryConfig config) {
  MTC_RETURN_IF_ERROR(BroadcastShape(context, x, y, out));
  auto* state = StateOf<BinaryState>(context);
  if (state == nullptr) return OutOfMemory(context);
  state->config = config();
  if (state->config == nullptr || state->config->op_ukernel == nullptr) return Unsupported(context);
  return Status::kOk;
}

template <typename T>
Status RunBinary(KernelContext& context, const Tensor* x, const Tensor* y, const Tensor* out) {
  if (out->count() == 0) return Status::kOk;
  const auto& state = *static_cast<const BinaryState*>(context.state.get());
  const xnn_binary_elementwise_config& config = *state.config;
  const ElementLoops loops(*out, {x, y});
  const bool is_x_single = loops.inner_step(0) == 0, is_y_single = loops.inner_step(1) == 0;
  // The microkernels take a single operand as the second one.
  const xnn_vbinary_ukernel_fn function = is_y_single   ? config.opc_ukernel
                                          : is_x_single ? config.ropc_ukernel
                                                        : config.op_ukernel;
  const bool is_swapped = is_x_single && !is_y_single;
  const xnn_binary_uparams& params = is_swapped ? state.swapped : state.params;
  loops.Run(context.threads, [&](int64_t to, int64_t x_from, int64_t y_from, int64_t count) {
    const T* a = x->as<const T>() + x_from;
    const T* b = y->as<const T>() + y_from;
    if (is_swapped) std::swap(a, b);
    function(count * sizeof(T), a, b, out->as<T>() + to, &params);
  });
  return Status::kOk;
}

}  // namespace MTC_XNNPACK

#endif  // MTC_KERNELS_XNNPACK_ELEMENTWISE_H_
