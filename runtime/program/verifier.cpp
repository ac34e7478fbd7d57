#include "program/verifier.h"

#include <algorithm>

#include "core/block.h"
#include "core/list.h"
#include "core/tensor.h"
#include "program/header.h"
#include "program/layout.h"
#include "program/quantization.h"
#include "selected_parts.h"

namespace mtc {
namespace {

// Values and instructions of a function with all that it nests, each use counted: what a session has to build.
constexpr uint64_t kMaxExpandedSize = 1 << 22;

class ProgramVerifier {
 public:
  ProgramVerifier(const schema::Program& tables, Span<const uint64_t> segment_sizes, const VerifyLimits& limits,
                  Error& error)
      : tables_(tables), segment_sizes_(segment_sizes), limits_(limits), error_(error) {}

  Status Run() {
    MTC_RETURN_IF_ERROR(VerifyConstants());
    if (const char* reason = QParamsProblem(tables_)) return Fail(reason);
    MTC_RETURN_IF_ERROR(VerifyEncoded());
    MTC_RETURN_IF_ERROR(VerifyStates());
    MTC_RETURN_IF_ERROR(VerifyKernels());
    ListBudget budget(limits_.tables_size);
    if (Count(tables_.functions()) == 0) return Fail("it has no function");
    for (uint32_t i = 0; i < Count(tables_.functions()); ++i) {
      if (const Status status = VerifyFunction(tables_, i, budget, error_); status != Status::kOk) {
        error_.Prefix("function `%s`", Text(tables_.functions()->Get(i)->name()));
        return status;
      }
      MTC_RETURN_IF_ERROR(VerifyMemory(*tables_.functions()->Get(i)));
    }
    if (kNestsFunctions) MTC_RETURN_IF_ERROR(VerifyNesting());  // else no kernel takes one
    return VerifySamples();
  }

 private:
  Status Fail(const char* reason) { return error_.Report(Status::kInvalidProgram, "%s", reason); }

  // Data of this type at `offset` of a segment.
  Status VerifyData(schema::DType dtype, const flatbuffers::Vector<int64_t>* dims, uint32_t segment, uint64_t offset,
                    schema::SegmentKind kind) {
    uint64_t bytes;
    const bool is_constant = kind == schema::SegmentKind::constants;  // samples are a caller's
    if (static_cast<int>(dtype) >= (is_constant ? kDTypeCount : kPlainDTypeCount)) return Fail("unknown dtype");
    if (Count(dims) > kMaxRank) return Fail("more than 8 dims");
    if (!IsAligned(dims)) return Fail("a list is not aligned");
    if (!ByteSize(ToDType(dtype), Items(dims), &bytes)) return Fail("impossible size");
    if (segment >= segment_sizes_.size() || tables_.segments()->Get(segment)->kind() != kind) {
      return Fail("it refers to a segment that is not there");
    }
    if (offset % kFileAlignment != 0) return Fail("its data is not aligned");
    if (offset > segment_sizes_[segment] || bytes > segment_sizes_[segment] - offset) {
      return Fail("its data ends beyond its segment");
    }
    return Status::kOk;
  }

  Status VerifyConstants() {
    for (uint32_t i = 0; i < Count(tables_.constants()); ++i) {
      const schema::Constant& c = *tables_.constants()->Get(i);
      if (c.encoded() >= 0) continue;
      if (const Status status =
              VerifyData(c.dtype(), c.dims(), c.segment(), c.offset(), schema::SegmentKind::constants);
          status != Status::kOk) {
        error_.Prefix("constant %u", i);
        return status;
      }
    }
    return Status::kOk;
  }

  // Constants that are made of others: f32, of as many elements.
  Status VerifyEncoded() {
    for (uint32_t i = 0; i < Count(tables_.constants()); ++i) {
      const schema::Constant& c = *tables_.constants()->Get(i);
      if (c.encoded() == -1) continue;
      const char* reason = IsAligned(c.dims()) ? EncodedProblem(tables_, i) : "a list is not aligned";
      uint64_t bytes = 0;
      if (reason == nullptr && (!ByteSize(DType::kF32, Items(c.dims()), &bytes) ||
                                __builtin_add_overflow(state_bytes_, AlignUp(bytes) + kGuard, &state_bytes_))) {
        reason = "impossible size";
      }
      if (reason != nullptr) return error_.Report(Status::kInvalidProgram, "constant %u: %s", i, reason);
      if (limits_.max_memory != 0 && state_bytes_ > limits_.max_memory) {
        return error_.Report(Status::kOutOfMemory, "the decoded constants need more than the limit of %llu bytes",
                             static_cast<unsigned long long>(limits_.max_memory));
      }
    }
    return Status::kOk;
  }

  Status VerifyStates() {
    for (uint32_t i = 0; i < Count(tables_.states()); ++i) {
      const schema::State& state = *tables_.states()->Get(i);
      if (const Status status = VerifyState(state); status != Status::kOk) {
        error_.Prefix("state `%s`", Text(state.name()));
        return status;
      }
    }
    return Status::kOk;
  }

  Status VerifyState(const schema::State& state) {
    uint64_t bytes;
    if (static_cast<int>(state.dtype()) >= kPlainDTypeCount) return Fail("unknown dtype");
    if (Count(state.dims()) > kMaxRank) return Fail("more than 8 dims");
    if (!IsAligned(state.dims())) return Fail("a list is not aligned");
    if (!ByteSize(ToDType(state.dtype()), Items(state.dims()), &bytes)) return Fail("impossible size");
    if (__builtin_add_overflow(state_bytes_, AlignUp(bytes) + kGuard, &state_bytes_)) return Fail("impossible size");
    if (limits_.max_memory != 0 && state_bytes_ > limits_.max_memory) {
      return error_.Report(Status::kOutOfMemory, "the states need more than the limit of %llu bytes",
                           static_cast<unsigned long long>(limits_.max_memory));
    }
    if (state.initial() < -1) return Fail("its initial value is not there");
    if (state.initial() == -1) return Status::kOk;
    const uint32_t initial = static_cast<uint32_t>(state.initial());
    if (initial >= Count(tables_.constants())) return Fail("its initial value is not there");
    const schema::Constant& constant = *tables_.constants()->Get(initial);
    const auto a = Items(constant.dims()), b = Items(state.dims());
    if (constant.dtype() != state.dtype() || !std::equal(a.begin(), a.end(), b.begin(), b.end())) {
      return Fail("its initial value has another type");
    }
    return Status::kOk;
  }

  Status VerifyKernels() {
    for (uint32_t i = 0; i < Count(tables_.kernels()); ++i) {
      if (Text(tables_.kernels(), i)[0] == '\0') return Fail("a kernel without a key");
    }
    return Status::kOk;
  }

  Status VerifyMemory(const schema::Function& function) {
    uint64_t bytes;
    if (limits_.max_memory == 0 ||
        (!__builtin_add_overflow(function.arena_size(), state_bytes_, &bytes) && bytes <= limits_.max_memory)) {
      return Status::kOk;
    }
    return error_.Report(Status::kOutOfMemory, "function `%s` needs %llu bytes of memory; the limit is %llu",
                         Text(function.name()), static_cast<unsigned long long>(function.arena_size()),
                         static_cast<unsigned long long>(limits_.max_memory));
  }

  // What a frame of the function holds, in items of its lists.
  static uint64_t ExpandedSize(const schema::Function& function) {
    uint64_t size = uint64_t{1} + Count(function.values()) + Count(function.instructions()) + Count(function.exprs()) +
                    Count(function.symbols()) + Count(function.inputs()) + Count(function.outputs());
    for (uint32_t i = 0; i < Count(function.instructions()); ++i) {
      const schema::Instruction& instruction = *function.instructions()->Get(i);
      size += uint64_t{Count(instruction.inputs())} + Count(instruction.outputs()) + Count(instruction.attrs());
      for (uint32_t j = 0; j < Count(instruction.attrs()); ++j) {
        const schema::Attr& attr = *instruction.attrs()->Get(j);
        size += uint64_t{Count(attr.ints())} + Count(attr.floats()) + Count(attr.exprs());
      }
    }
    return size;
  }

  // Nested functions have greater indices, so one pass from the end sees each before its users.
  Status VerifyNesting() {
    const uint32_t count = Count(tables_.functions());
    List<uint32_t> depths(count);
    List<uint64_t> sizes(count);
    for (uint32_t i = count; i-- > 0;) {
      const schema::Function& function = *tables_.functions()->Get(i);
      uint64_t size = ExpandedSize(function);
      uint32_t depth = 0;
      for (uint32_t j = 0; j < Count(function.instructions()); ++j) {
        for (const uint32_t nested : Items(function.instructions()->Get(j)->functions())) {
          depth = std::max(depth, depths[nested] + 1);
          size = std::min(size + sizes[nested], kMaxExpandedSize + 1);
        }
      }
      if (depth > kMaxNesting) return Fail("functions are nested more than 32 deep");
      if (depth > 0 && size > kMaxExpandedSize) return Fail("nested functions repeat each other too often");
      depths[i] = depth;
      sizes[i] = std::min(size, kMaxExpandedSize + 1);
    }
    return Status::kOk;
  }

  Status VerifySamples() {
    for (uint32_t i = 0; i < Count(tables_.samples()); ++i) {
      const schema::Sample& s = *tables_.samples()->Get(i);
      Status status = VerifyData(s.dtype(), s.dims(), s.segment(), s.offset(), schema::SegmentKind::samples);
      if (status == Status::kOk) {
        const bool has_function = s.function() < Count(tables_.functions());
        const schema::Function* function = has_function ? tables_.functions()->Get(s.function()) : nullptr;
        if (!has_function || s.index() >= Count(s.is_output() ? function->outputs() : function->inputs())) {
          status = Fail("it belongs to no input or output");
        }
      }
      if (status != Status::kOk) {
        error_.Prefix("sample %u", i);
        return status;
      }
    }
    return Status::kOk;
  }

  const schema::Program& tables_;
  Span<const uint64_t> segment_sizes_;
  const VerifyLimits& limits_;
  Error& error_;
  uint64_t state_bytes_ = 0;  // of states and of constants that are decoded
};

}  // namespace

Status VerifyProgram(const schema::Program& tables, Span<const uint64_t> segment_sizes, const VerifyLimits& limits,
                     Error& error) {
  return ProgramVerifier(tables, segment_sizes, limits, error).Run();
}

}  // namespace mtc
