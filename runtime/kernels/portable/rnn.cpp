#include "generated/args.h"
#include "kernels/recurrent.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareRnn(PrepareContext& context, const RnnArgs& args) {
  const Tensor *biases[] = {args.bias}, *states[] = {args.hidden};
  Tensor* results[] = {args.out0, args.out1};
  return PrepareLayer<MTC_PORTABLE_TYPES(Rnn)>(context, 1, *args.x, *args.weight_ih, *args.weight_hh, biases, states,
                                               results, args.batch_first);
}
#endif

template <typename T>
Status RunRnn(KernelContext& context, const RnnArgs& args) {
  using C = Compute<T>;
  Layer<T> layer(context, *args.x, *args.weight_ih, *args.weight_hh, args.reverse, args.batch_first);
  const T* bias = args.bias ? args.bias->as<T>() : nullptr;
  layer.Run(*args.hidden, args.out0, args.out1,
            [&](const C* inputs, const C* recurrent, int64_t, int64_t j, int64_t count) {
              const Lane<C> total = Gate<T>(inputs, bias, 0, 0, j, count) + Get<C>(recurrent + j, count);
              return args.nonlinearity == Nonlinearity::kTanh ? Tanh(total) : AtLeast(total, Fill<Lane<C>>(0));
            });
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Rnn)

}  // namespace MTC_PORTABLE
