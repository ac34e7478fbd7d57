// Kernels for quantized elements that are made of plain ones: mtc/delegates/library.py says which way each operator
// takes. What they compute is what the reference computes (mtc/ops/quantized.py), bit by bit.

#ifndef MTC_KERNELS_QUANTIZED_ADAPTERS_H_
#define MTC_KERNELS_QUANTIZED_ADAPTERS_H_

#include <cstring>
#include <type_traits>
#include <vector>

#include "core/block.h"
#include "core/quantized.h"
#include "core/thread_pool.h"
#include "kernels/byte_table.h"
#include "kernels/kernel.h"

namespace mtc::kernels {

// A kernel's arguments with tensors of another dtype in place of the quantized ones; where that is f64, in place of
// those of f32 too, which such operators have beside them.
class Shadow : public KernelState {
 public:
  // Takes the operands' and results' shapes, and `plain` for the dtype of those that are quantized.
  void Follow(const ArgsLayout& layout, const void* args, DType plain) {
    const auto* from = static_cast<const uint8_t*>(args);
    memory_.resize((layout.size + 7) / 8);
    memcpy(memory_.data(), args, layout.size);
    originals_.clear();
    ForEachTensor(layout, from, [&](const Tensor* tensor) { originals_.push_back(tensor); });
    tensors_.resize(originals_.size());
    pointers_.resize(originals_.size());
    for (size_t i = 0; i < originals_.size(); ++i) {
      pointers_[i] = originals_[i] == nullptr ? nullptr : &tensors_[i];
      if (originals_[i] == nullptr) continue;
      tensors_[i] = *originals_[i];
      if (!IsQuantized(tensors_[i].dtype) && (plain != DType::kF64 || tensors_[i].dtype != DType::kF32)) continue;
      tensors_[i].dtype = plain;
      tensors_[i].quantization = nullptr;
    }
    PointToTensors(layout);
  }

  void* args() { return memory_.data(); }
  size_t count() const { return tensors_.size(); }
  const Tensor* original(size_t i) const { return originals_[i]; }
  Tensor& tensor(size_t i) { return tensors_[i]; }
  bool is_adapted(size_t i) const { return originals_[i] != nullptr && originals_[i]->dtype != tensors_[i].dtype; }
  // Results come last.
  size_t first_result() const { return first_result_; }
  PrepareContext& inner(const KernelContext& outer) {
    inner_.threads = outer.threads;
    inner_.isa = outer.isa;
    inner_.packed = outer.packed;
    inner_.error = outer.error;
    inner_.scratch = outer.scratch;
    return inner_;
  }

  MTC_PORTABLE::ByteTable table;
  double clamp[2];

 private:
  template <typename Body>
  void ForEachTensor(const ArgsLayout& layout, const uint8_t* from, const Body& body) {
    size_t count = 0;
    for (uint16_t i = 0; i < layout.count; ++i) {
      const Field& field = layout.fields[i];
      const bool is_many = field.kind == FieldKind::kVariadicInput || field.kind == FieldKind::kVariadicOutput;
      if (field.kind == FieldKind::kOutput || field.kind == FieldKind::kVariadicOutput) {
        if (!has_results_) first_result_ = count;
        has_results_ = true;
      }
      if (is_many) {
        Span<const Tensor* const> many;
        memcpy(&many, from + field.offset, sizeof many);
        for (const Tensor* tensor : many) body(tensor);
        count += many.size();
      } else if (field.kind <= FieldKind::kOutput) {
        const Tensor* one;
        memcpy(&one, from + field.offset, sizeof one);
        body(one);
        ++count;
      }
    }
  }

  void PointToTensors(const ArgsLayout& layout) {
    auto* to = reinterpret_cast<uint8_t*>(memory_.data());
    size_t next = 0;
    for (uint16_t i = 0; i < layout.count; ++i) {
      const Field& field = layout.fields[i];
      if (field.kind == FieldKind::kVariadicInput || field.kind == FieldKind::kVariadicOutput) {
        Span<Tensor* const> many;
        memcpy(&many, to + field.offset, sizeof many);
        const Span<Tensor* const> own(pointers_.data() + next, many.size());
        memcpy(to + field.offset, &own, sizeof own);
        next += many.size();
      } else if (field.kind <= FieldKind::kOutput) {
        memcpy(to + field.offset, &pointers_[next++], sizeof(Tensor*));
      }
    }
  }

  std::vector<uint64_t> memory_;
  std::vector<const Tensor*> originals_;
  std::vector<Tensor> tensors_;
  std::vector<Tensor*> pointers_;
  PrepareContext inner_;
  size_t first_result_ = 0;
  bool has_results_ = false;
};

// The plain kernel that an adapter is made of.
struct PlainKernel {
  const ArgsLayout& layout;
  DType dtype;
  PrepareFunction prepare;
  RunFunction run;
};

inline Status PrepareShadow(PrepareContext& context, const PlainKernel& plain, Shadow& shadow) {
  PrepareContext& inner = shadow.inner(context);
  inner.scratch_size = 0;
  MTC_RETURN_IF_ERROR(plain.prepare(inner, shadow.args()));
  context.RequireScratch(inner.scratch_size);
  return Status::kOk;
}

// The kernel for integers of as many bits: of operators that move elements, or compare them.
inline Status RunAsIntegers(KernelContext& context, const PlainKernel& plain) {
  auto& shadow = *static_cast<Shadow*>(context.state.get());
  for (size_t i = 0; i < shadow.count(); ++i) {
    if (shadow.original(i) == nullptr) continue;
    shadow.tensor(i).data = shadow.original(i)->data;
    shadow.tensor(i).pitch = shadow.original(i)->pitch;
  }
  return plain.run(shadow.inner(context), shadow.args());
}

// Of operators that compute each element of one operand alone: a table of all 256.
inline Status FillTable(PrepareContext& context, const void* args, const PlainKernel& plain) {
  auto& shadow = *static_cast<Shadow*>(context.state.get());
  const Tensor &x = *shadow.original(0), &out = *shadow.original(1);
  if (x.quantization->axis >= 0) return context.Fail(Status::kInvalidProgram, "several scales of an operand");
  double values[256];
  for (int i = 0; i < 256; ++i) {
    const int32_t step = x.dtype == DType::kQU8 ? i : static_cast<int8_t>(i);
    values[i] = static_cast<double>(step - x.quantization->zero_point) * static_cast<double>(x.quantization->scale);
  }
  shadow.Follow(plain.layout, args, plain.dtype);
  for (size_t i = 0; i < 2; ++i) {
    Tensor& tensor = shadow.tensor(i);
    tensor.rank = 1;
    tensor.dims[0] = tensor.pitch = 256;
    tensor.data = values;
    tensor.constant = kNotConstant;
  }
  PrepareContext& inner = shadow.inner(context);
  inner.scratch_size = 0;
  inner.isa = Isa::kBase;  // of the Run that is called here
  MTC_RETURN_IF_ERROR(plain.prepare(inner, shadow.args()));
  MTC_RETURN_IF_ERROR(plain.run(inner, shadow.args()));
  for (int i = 0; i < 256; ++i) shadow.table.values[i] = static_cast<uint8_t>(QuantizedAs(out, values[i]));
  return Status::kOk;
}

inline Status RunByTable(KernelContext& context, const Tensor& x, const Tensor& out) {
  const auto& shadow = *static_cast<const Shadow*>(context.state.get());
  ParallelFor(context.threads, x.count(), kElementGrain, [&](int64_t begin, int64_t end) {
    shadow.table.LookUp(context.isa, x.as<const uint8_t>() + begin, out.as<uint8_t>() + begin, end - begin);
  });
  return Status::kOk;
}

// Of all others: operands made real, computed with in f64, and the results made integers.
inline Status PrepareWidened(PrepareContext& context, const PlainKernel& plain) {
  auto& shadow = *static_cast<Shadow*>(context.state.get());
  for (size_t i = 0; i < shadow.count(); ++i) {
    if (!shadow.is_adapted(i)) continue;
    if (i >= shadow.first_result() &&
        (shadow.original(i)->quantization == nullptr || shadow.original(i)->quantization->axis >= 0)) {
      return context.Fail(Status::kInvalidProgram, "a result that has not one scale");
    }
    shadow.tensor(i).constant = kNotConstant;
    shadow.tensor(i).data = nullptr;
  }
  MTC_RETURN_IF_ERROR(PrepareShadow(context, plain, shadow));
  context.RequireScratch(64);
  for (size_t i = 0; i < shadow.count(); ++i) {
    if (shadow.is_adapted(i)) context.RequireScratch(shadow.tensor(i).count() + 8, 1, sizeof(double));
  }
  return Status::kOk;
}

inline Status RunWidened(KernelContext& context, const PlainKernel& plain) {
  auto& shadow = *static_cast<Shadow*>(context.state.get());
  PrepareContext& inner = shadow.inner(context);
  const auto aligned = [](size_t size) { return (size + 63) / 64 * 64; };
  auto* next = static_cast<uint8_t*>(context.scratch) + aligned(inner.scratch_size);
  for (size_t i = 0; i < shadow.count(); ++i) {
    const Tensor* original = shadow.original(i);
    if (original == nullptr) continue;
    Tensor& tensor = shadow.tensor(i);
    if (!shadow.is_adapted(i)) {
      tensor.data = original->data;
      continue;
    }
    const int64_t count = tensor.count();
    tensor.data = next;
    next += aligned(static_cast<size_t>(count) * sizeof(double));
    if (i >= shadow.first_result()) continue;
    ParallelFor(context.threads, count, kElementGrain / 8, [&](int64_t begin, int64_t end) {
      auto* to = tensor.as<double>();
      if (original->quantization == nullptr) {
        for (int64_t k = begin; k < end; ++k) to[k] = static_cast<double>(original->as<const float>()[k]);
        return;
      }
      const Quantization& q = *original->quantization;
      for (int64_t k = begin; k < end; ++k) {
        const int64_t scale = ScaleIndex(*original, k);
        to[k] = (static_cast<double>(StepAt(*original, k)) - ZeroPointAt(q, scale)) *
                static_cast<double>(ScaleAt(q, scale));
      }
    });
  }
  MTC_RETURN_IF_ERROR(plain.run(inner, shadow.args()));
  for (size_t i = shadow.first_result(); i < shadow.count(); ++i) {
    if (!shadow.is_adapted(i)) continue;
    const Tensor &from = shadow.tensor(i), &out = *shadow.original(i);
    ParallelFor(context.threads, from.count(), kElementGrain / 8, [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; ++k) SetStep(out, k, QuantizedAs(out, from.as<const double>()[k]));
    });
  }
  return Status::kOk;
}

template <typename Args, typename = void>
struct HasClamp : std::false_type {};
template <typename Args>
struct HasClamp<Args, std::void_t<decltype(Args::clamp)>> : std::true_type {};
template <typename Args, typename = void>
struct HasValue : std::false_type {};
template <typename Args>
struct HasValue<Args, std::void_t<decltype(Args::value)>> : std::true_type {};

template <typename Args, const ArgsLayout& kLayout, DType kDType, Status (*kPrepare)(PrepareContext&, const Args&),
          Status (*kRun)(KernelContext&, const Args&)>
struct Adapted {
  static PlainKernel Plain() {
    return {kLayout, kDType, CallKernel<PrepareContext, Args, kPrepare>, CallKernel<KernelContext, Args, kRun>};
  }
  static Status Follow(PrepareContext& context, const Args& args) {
    auto* shadow = StateOf<Shadow>(context);
    if (shadow == nullptr) return OutOfMemory(context);
    shadow->Follow(kLayout, &args, kDType);
    return Status::kOk;
  }
};

template <typename Args, const ArgsLayout& kLayout, DType kDType, Status (*kPrepare)(PrepareContext&, const Args&),
          Status (*kRun)(KernelContext&, const Args&)>
struct AsIntegers : Adapted<Args, kLayout, kDType, kPrepare, kRun> {
  using Base = Adapted<Args, kLayout, kDType, kPrepare, kRun>;
  static Status Prepare(PrepareContext& context, const Args& args) {
    MTC_RETURN_IF_ERROR(Base::Follow(context, args));
    auto& shadow = *static_cast<Shadow*>(context.state.get());
    auto& own = *static_cast<Args*>(shadow.args());
    // Numbers among the attributes are real ones.
    if constexpr (HasClamp<Args>::value) {
      for (int i = 0; i < 2; ++i) shadow.clamp[i] = QuantizedAs(*args.out, args.clamp[i]);
      own.clamp = {shadow.clamp, 2};
    }
    if constexpr (HasValue<Args>::value) own.value = QuantizedAs(*args.out, args.value);
    return PrepareShadow(context, Base::Plain(), shadow);
  }
  static Status Run(KernelContext& context, const Args&) { return RunAsIntegers(context, Base::Plain()); }
};

template <typename Args, const ArgsLayout& kLayout, DType kDType, Status (*kPrepare)(PrepareContext&, const Args&),
          Status (*kRun)(KernelContext&, const Args&)>
struct ByTable : Adapted<Args, kLayout, kDType, kPrepare, kRun> {
  using Base = Adapted<Args, kLayout, kDType, kPrepare, kRun>;
  static Status Prepare(PrepareContext& context, const Args& args) {
    MTC_RETURN_IF_ERROR(context.Resize(args.out, args.x->shape()));
    MTC_RETURN_IF_ERROR(Base::Follow(context, args));
    return FillTable(context, &args, Base::Plain());
  }
  static Status Run(KernelContext& context, const Args& args) { return RunByTable(context, *args.x, *args.out); }
};

template <typename Args, const ArgsLayout& kLayout, DType kDType, Status (*kPrepare)(PrepareContext&, const Args&),
          Status (*kRun)(KernelContext&, const Args&)>
struct Widened : Adapted<Args, kLayout, kDType, kPrepare, kRun> {
  using Base = Adapted<Args, kLayout, kDType, kPrepare, kRun>;
  static Status Prepare(PrepareContext& context, const Args& args) {
    MTC_RETURN_IF_ERROR(Base::Follow(context, args));
    return PrepareWidened(context, Base::Plain());
  }
  static Status Run(KernelContext& context, const Args&) { return RunWidened(context, Base::Plain()); }
};

}  // namespace mtc::kernels

#endif  // MTC_KERNELS_QUANTIZED_ADAPTERS_H_
