#include "generated/args.h"
#include "kernels/recurrent.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareGru(PrepareContext& context, const GruArgs& args) {
  const Tensor *biases[] = {args.bias_ih, args.bias_hh}, *states[] = {args.hidden};
  Tensor* results[] = {args.out0, args.out1};
  return PrepareLayer<MTC_PORTABLE_TYPES(Gru)>(context, 3, *args.x, *args.weight_ih, *args.weight_hh, biases, states,
                                               results, args.batch_first);
}
#endif

template <typename T>
Status RunGru(KernelContext& context, const GruArgs& args) {
  using C = Compute<T>;
  Layer<T> layer(context, *args.x, *args.weight_ih, *args.weight_hh, args.reverse, args.batch_first);
  const T* bias_ih = args.bias_ih ? args.bias_ih->as<T>() : nullptr;
  const T* bias_hh = args.bias_hh ? args.bias_hh->as<T>() : nullptr;
  const int64_t hidden = layer.s.hidden;
  layer.Run(*args.hidden, args.out0, args.out1,
            [&](const C* inputs, const C* recurrent, int64_t b, int64_t j, int64_t count) {
              const auto input = [&](int64_t g) { return Gate<T>(inputs, bias_ih, hidden, g, j, count); };
              const auto state = [&](int64_t g) { return Gate<T>(recurrent, bias_hh, hidden, g, j, count); };
              const Lane<C> reset = Sigmoid(input(0) + state(0)), update = Sigmoid(input(1) + state(1));
              const Lane<C> fresh = Tanh(input(2) + reset * state(2));
              return Lane<C>((1 - update) * fresh + update * layer.Hidden(b, j, count));
            });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Gru)

}  // namespace MTC_PORTABLE
