// What the units of each kind of recurrent layer compute, whatever their weights are stored as.

#ifndef MTC_KERNELS_RECURRENT_CELLS_H_
#define MTC_KERNELS_RECURRENT_CELLS_H_

#include "generated/args.h"
#include "kernels/recurrent.h"

namespace MTC_PORTABLE {

#if MTC_ISA_LEVEL == 0
// `Types` are MTC_PORTABLE_TYPES of the kernel, Weights<T> its MTC_WEIGHT_KINDS.
template <typename Types, template <typename> class Weights>
Status PrepareLstmLayer(PrepareContext& context, const LstmArgs& args) {
  const Tensor *biases[] = {args.bias}, *states[] = {args.hidden, args.cell};
  Tensor* results[] = {args.out0, args.out1, args.out2};
  return PrepareLayer<Types, Weights>(context, 4, *args.x, *args.weight_ih, *args.weight_hh, biases, states, results,
                                      args.batch_first);
}

template <typename Types, template <typename> class Weights>
Status PrepareGruLayer(PrepareContext& context, const GruArgs& args) {
  const Tensor *biases[] = {args.bias_ih, args.bias_hh}, *states[] = {args.hidden};
  Tensor* results[] = {args.out0, args.out1};
  return PrepareLayer<Types, Weights>(context, 3, *args.x, *args.weight_ih, *args.weight_hh, biases, states, results,
                                      args.batch_first);
}

template <typename Types, template <typename> class Weights>
Status PrepareRnnLayer(PrepareContext& context, const RnnArgs& args) {
  const Tensor *biases[] = {args.bias}, *states[] = {args.hidden};
  Tensor* results[] = {args.out0, args.out1};
  return PrepareLayer<Types, Weights>(context, 1, *args.x, *args.weight_ih, *args.weight_hh, biases, states, results,
                                      args.batch_first);
}
#endif

template <typename T, typename W, typename Weights>
void RunLstmLayer(KernelContext& context, const LstmArgs& args) {
  using C = Compute<T>;
  Layer<T, W, Weights> layer(context, *args.x, *args.weight_ih, *args.weight_hh, args.reverse, args.batch_first);
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
}

template <typename T, typename W, typename Weights>
void RunGruLayer(KernelContext& context, const GruArgs& args) {
  using C = Compute<T>;
  Layer<T, W, Weights> layer(context, *args.x, *args.weight_ih, *args.weight_hh, args.reverse, args.batch_first);
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
}

template <typename T, typename W, typename Weights>
void RunRnnLayer(KernelContext& context, const RnnArgs& args) {
  using C = Compute<T>;
  Layer<T, W, Weights> layer(context, *args.x, *args.weight_ih, *args.weight_hh, args.reverse, args.batch_first);
  const T* bias = args.bias ? args.bias->as<T>() : nullptr;
  layer.Run(*args.hidden, args.out0, args.out1,
            [&](const C* inputs, const C* recurrent, int64_t, int64_t j, int64_t count) {
              const Lane<C> total = Gate<T>(inputs, bias, 0, 0, j, count) + Get<C>(recurrent + j, count);
              return args.nonlinearity == Nonlinearity::kTanh ? Tanh(total) : AtLeast(total, Fill<Lane<C>>(0));
            });
}

}  // namespace MTC_PORTABLE

#endif  // MTC_KERNELS_RECURRENT_CELLS_H_
