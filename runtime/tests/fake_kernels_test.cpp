#include "tests/fake_kernels.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/nested_function.h"

namespace mtc::test {
namespace {

struct AddArgs {
  const Tensor* x;
  const Tensor* y;
  Tensor* out;
};

Status PrepareAdd(PrepareContext& context, const void* args) {
  const AddArgs& a = *static_cast<const AddArgs*>(args);
  ++PrepareCount();
  PreparedPitch() = a.out->pitch;
  const auto x = a.x->shape(), y = a.y->shape();
  if (!std::equal(x.begin(), x.end(), y.begin(), y.end())) {
    return context.Fail(Status::kInvalidArgument, "shapes differ");
  }
  return context.Resize(a.out, a.x->shape());
}

Status RunAdd(KernelContext&, const void* args) {
  const AddArgs& a = *static_cast<const AddArgs*>(args);
  for (int64_t row = 0; row < a.x->rows(); ++row) {
    for (int64_t i = 0; i < a.x->row_size(); ++i) {
      a.out->as<float>()[row * a.out->pitch + i] =
          a.x->as<float>()[row * a.x->pitch + i] + a.y->as<float>()[row * a.y->pitch + i];
    }
  }
  return Status::kOk;
}

struct ScaleArgs {
  const Tensor* x;
  const Tensor* unused;
  Tensor* out;
  double factor;
  int64_t times;
  bool negate;
  uint8_t mode;
};

Status PrepareScale(PrepareContext& context, const void* args) {
  const ScaleArgs& a = *static_cast<const ScaleArgs*>(args);
  ++PrepareCount();
  return context.Resize(a.out, a.x->shape());
}

Status RunScale(KernelContext&, const void* args) {
  const ScaleArgs& a = *static_cast<const ScaleArgs*>(args);
  const double factor = a.factor * static_cast<double>(a.times) * (a.negate ? -1 : 1) * (a.mode == 2 ? 10 : 1);
  for (int64_t i = 0; i < a.x->count(); ++i) {
    a.out->as<float>()[i] = a.x->as<float>()[i] * static_cast<float>(factor);
  }
  return Status::kOk;
}

struct FillArgs {
  Span<const Tensor* const> xs;
  Tensor* out;
  Span<const int64_t> shape;
  Span<const int64_t> ints;
  Span<const double> floats;
};

Status PrepareFill(PrepareContext& context, const void* args) {
  const FillArgs& a = *static_cast<const FillArgs*>(args);
  const int64_t size[] = {static_cast<int64_t>(a.shape.size() + a.ints.size() + a.floats.size() + a.xs.size())};
  return context.Resize(a.out, size);
}

Status RunFill(KernelContext&, const void* args) {
  const FillArgs& a = *static_cast<const FillArgs*>(args);
  int64_t* out = a.out->as<int64_t>();
  for (const int64_t dim : a.shape) *out++ = dim;
  for (const int64_t value : a.ints) *out++ = value;
  for (const double value : a.floats) *out++ = static_cast<int64_t>(value);
  for (const Tensor* x : a.xs) *out++ = x->count();
  return Status::kOk;
}

struct ConcatArgs {
  Span<const Tensor* const> xs;
  Tensor* out;
};

Status PrepareConcat(PrepareContext& context, const void* args) {
  const ConcatArgs& a = *static_cast<const ConcatArgs*>(args);
  int64_t count = 0;
  for (const Tensor* x : a.xs) count += x->count();
  context.RequireScratch(static_cast<size_t>(count) * sizeof(float));
  return context.Resize(a.out, {&count, 1});
}

Status RunConcat(KernelContext& context, const void* args) {
  const ConcatArgs& a = *static_cast<const ConcatArgs*>(args);
  float* scratch = static_cast<float*>(context.scratch);
  for (const Tensor* x : a.xs) {
    memcpy(scratch, x->data, static_cast<size_t>(x->count()) * sizeof(float));
    scratch += x->count();
  }
  memcpy(a.out->data, context.scratch, static_cast<size_t>(a.out->count()) * sizeof(float));
  return Status::kOk;
}

struct LoopArgs {
  const Tensor* x;
  Tensor* out;
  int64_t count;
  NestedFunction* body;
};

Status PrepareLoop(PrepareContext& context, const void* args) {
  const LoopArgs& a = *static_cast<const LoopArgs*>(args);
  const Tensor* inputs[] = {a.x};
  Tensor* outputs[] = {a.out};
  MTC_RETURN_IF_ERROR(context.Resize(a.out, a.x->shape()));
  return a.body->Prepare(inputs, outputs);
}

Status RunLoop(KernelContext&, const void* args) {
  const LoopArgs& a = *static_cast<const LoopArgs*>(args);
  const Tensor* inputs[] = {a.x};
  Tensor* outputs[] = {a.out};
  for (int64_t i = 0; i < a.count; ++i) {
    MTC_RETURN_IF_ERROR(a.body->Run(inputs, outputs));
    inputs[0] = a.out;
  }
  return Status::kOk;
}

Status RunFail(KernelContext& context, const void*) { return context.Fail(Status::kRunFailed, "index 9 of 3"); }

constexpr Field kAddFields[] = {{FieldKind::kInput, 0, offsetof(AddArgs, x)},
                                {FieldKind::kInput, 0, offsetof(AddArgs, y)},
                                {FieldKind::kOutput, 0, offsetof(AddArgs, out)}};
constexpr ArgsLayout kAdd = {kAddFields, 3, sizeof(AddArgs), Sharing::kInPlace};
constexpr ArgsLayout kChange = {kAddFields, 3, sizeof(AddArgs), Sharing::kFirst};
constexpr Field kScaleFields[] = {
    {FieldKind::kInput, 0, offsetof(ScaleArgs, x)},    {FieldKind::kOptionalInput, 0, offsetof(ScaleArgs, unused)},
    {FieldKind::kOutput, 0, offsetof(ScaleArgs, out)}, {FieldKind::kFloat, 0, offsetof(ScaleArgs, factor)},
    {FieldKind::kInt, 0, offsetof(ScaleArgs, times)},  {FieldKind::kBool, 0, offsetof(ScaleArgs, negate)},
    {FieldKind::kEnum, 3, offsetof(ScaleArgs, mode)}};
constexpr ArgsLayout kScale = {kScaleFields, 7, sizeof(ScaleArgs), Sharing::kInPlace};
constexpr Field kFillFields[] = {{FieldKind::kVariadicInput, 0, offsetof(FillArgs, xs)},
                                 {FieldKind::kOutput, 0, offsetof(FillArgs, out)},
                                 {FieldKind::kDims, 0, offsetof(FillArgs, shape)},
                                 {FieldKind::kInts, 2, offsetof(FillArgs, ints)},
                                 {FieldKind::kFloats, 0, offsetof(FillArgs, floats)}};
constexpr ArgsLayout kFill = {kFillFields, 5, sizeof(FillArgs)};
constexpr Field kConcatFields[] = {{FieldKind::kVariadicInput, 0, offsetof(ConcatArgs, xs)},
                                   {FieldKind::kOutput, 0, offsetof(ConcatArgs, out)}};
constexpr ArgsLayout kConcat = {kConcatFields, 2, sizeof(ConcatArgs)};
constexpr Field kLoopFields[] = {{FieldKind::kInput, 0, offsetof(LoopArgs, x)},
                                 {FieldKind::kOutput, 0, offsetof(LoopArgs, out)},
                                 {FieldKind::kInt, 0, offsetof(LoopArgs, count)},
                                 {FieldKind::kFunction, 0, offsetof(LoopArgs, body)}};
constexpr ArgsLayout kLoop = {kLoopFields, 4, sizeof(LoopArgs)};

constexpr uint8_t kF32s[] = {0, 0, 0};
constexpr uint8_t kFillTypes[] = {0xff, 8};

constexpr KernelEntry kEntries[] = {
    {"add@fake:f32/1", &kAdd, kF32s, PrepareAdd, {RunAdd}, true},
    {"change@fake:f32/1", &kChange, kF32s, PrepareAdd, {RunAdd}, true},
    {"concat@fake:f32/1", &kConcat, kF32s, PrepareConcat, {RunConcat}},
    {"fail@fake:f32/1", &kAdd, kF32s, PrepareAdd, {RunFail}, true},
    {"fill@fake:i64/1", &kFill, kFillTypes, PrepareFill, {RunFill}},
    {"loop@fake:f32/1", &kLoop, kF32s, PrepareLoop, {RunLoop}},
    {"scale@fake:f32/1", &kScale, kF32s, PrepareScale, {RunScale}},
};

}  // namespace

KernelTable FakeKernels() { return {kEntries, sizeof(kEntries) / sizeof(kEntries[0])}; }

int64_t& PreparedPitch() {
  static int64_t pitch = 0;
  return pitch;
}

int& PrepareCount() {
  static int count = 0;
  return count;
}

}  // namespace mtc::test

TEST(FakeKernels, TheirTableIsSortedAsTheLinkerNeedsIt) {
  const mtc::KernelTable table = mtc::test::FakeKernels();
  for (size_t i = 1; i < table.count; ++i) EXPECT_LT(strcmp(table.entries[i - 1].key, table.entries[i].key), 0);
}
