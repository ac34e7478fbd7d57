#include "generated/args.h"
#include "kernels/recurrent.h"
#include "selected_kernels.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
Status PrepareLstm(PrepareContext& context, const LstmArgs& args) {
  const Tensor *biases[] = {args.bias}, *states[] = {args.hidden, args.cell};
  Tensor* results[] = {args.out0, args.out1, args.out2};
  return PrepareLayer<MTC_PORTABLE_TYPES(Lstm)>(context, 4, *args.x, *args.weight_ih, *args.weight_hh, biases, states,
                                                results, args.batch_first);
}
#endif

template <typename T>
Status RunLstm(KernelContext& context, const LstmArgs& args) {
  using C = Compute<T>;
  Layer<T> layer(context, *args.x, *args.weight_ih, *args.weight_hh, args.reverse, args.batch_first);
  const T* bias = args.bias ? args.bias->as<T>() : nullptr;
  const int64_t hidden = layer.s.hidden;
  layer.Read(*args.cell, layer.cell);
  layer.Run(*args.hidden, args.out0, args.out1,
            [&](const C* inputs, const C* recurrent, int64_t b, int64_t j, int64_t count) {
              const auto gate = [&](int64_t g) {
                return Gate<T>(inputs, bias, hidden, g, j, count) + Get<C>(recurrent + g * hidden + j, count);
              };
              C* own = layer.cell + b * hidden + j;
              const Lane<C> cell = Sigmoid(gate(1)) * Get<C>(own, count) + Sigmoid(gate(0)) * Tanh(gate(2));
              Put<C>(own, cell, count);
              return Lane<C>(Sigmoid(gate(3)) * Tanh(cell));
            });
  layer.Write(layer.cell, args.out2);
  return Status::kOk;
}

MTC_PORTABLE_KERNEL(Lstm)

}  // namespace MTC_PORTABLE
