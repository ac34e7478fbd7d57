// Writes programs for tests: the tables as objects, then the bytes of a .mtp file.

#ifndef MTC_TESTS_PROGRAM_BUILDER_H_
#define MTC_TESTS_PROGRAM_BUILDER_H_

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "generated/program_generated.h"
#include "program/header.h"

namespace mtc::test {

using Dims = std::vector<int64_t>;

// A dim that is expression `index`.
constexpr int64_t Symbolic(uint32_t index) { return -int64_t{index} - 1; }

class FunctionBuilder {
 public:
  explicit FunctionBuilder(schema::FunctionT* function) : f(function) {}

  uint32_t Value(const Dims& dims, schema::DType dtype = schema::DType::f32, uint64_t offset = 0) {
    auto value = std::make_unique<schema::ValueT>();
    value->dtype = dtype;
    value->dims = dims;
    value->offset = offset;
    f->values.push_back(std::move(value));
    return static_cast<uint32_t>(f->values.size() - 1);
  }
  uint32_t Alias(uint32_t of, const Dims& dims, int64_t offset = 0, bool is_pitched = false) {
    const uint32_t v = Value(dims, f->values[of]->dtype);
    f->values[v]->alias_of = static_cast<int32_t>(of);
    f->values[v]->alias_offset = offset;
    f->values[v]->is_pitched = is_pitched;
    return v;
  }
  uint32_t Stored(schema::Place place, uint32_t index, const Dims& dims, schema::DType dtype = schema::DType::f32) {
    const uint32_t v = Value(dims, dtype);
    f->values[v]->place = place;
    f->values[v]->index = index;
    return v;
  }
  uint32_t Input(const Dims& dims, const std::string& name, schema::DType dtype = schema::DType::f32,
                 uint64_t offset = 0) {
    const uint32_t v = Value(dims, dtype, offset);
    f->inputs.push_back(v);
    f->input_names.push_back(name);
    return v;
  }
  void Output(uint32_t value, const std::string& name = "y") {
    f->outputs.push_back(value);
    f->output_names.push_back(name);
  }
  // An expression, by index.
  uint32_t Expr(schema::ExprKind kind, int64_t a, int64_t b = 0) {
    f->exprs.push_back(schema::Expr(a, b, kind));
    return static_cast<uint32_t>(f->exprs.size() - 1);
  }
  // A symbol bound from an input's axis; returns the dim that stands for it.
  int64_t Symbol(const std::string& name, uint32_t input, uint32_t axis, int64_t min = 0, int64_t max = INT64_MAX) {
    f->symbols.push_back(schema::Symbol(min, max, input, axis));
    f->symbol_names.push_back(name);
    return Symbolic(Expr(schema::ExprKind::symbol, static_cast<int64_t>(f->symbols.size() - 1)));
  }
  schema::InstructionT& Instruction(uint32_t kernel, const std::vector<int32_t>& inputs,
                                    const std::vector<int32_t>& outputs) {
    auto instruction = std::make_unique<schema::InstructionT>();
    instruction->kernel = kernel;
    instruction->inputs = inputs;
    instruction->outputs = outputs;
    f->instructions.push_back(std::move(instruction));
    return *f->instructions.back();
  }
  void Planned(uint64_t arena_size) {
    f->is_planned = true;
    f->arena_size = arena_size;
  }

  schema::FunctionT* f;
};

inline schema::AttrT& AddAttr(schema::InstructionT& instruction) {
  instruction.attrs.push_back(std::make_unique<schema::AttrT>());
  return *instruction.attrs.back();
}
inline void AddInts(schema::InstructionT& instruction, const std::vector<int64_t>& ints) {
  AddAttr(instruction).ints = ints;
}
inline void AddFloat(schema::InstructionT& instruction, double value) { AddAttr(instruction).floats = {value}; }

class ProgramBuilder {
 public:
  FunctionBuilder Function(const std::string& name) {
    tables.functions.push_back(std::make_unique<schema::FunctionT>());
    tables.functions.back()->name = name;
    return FunctionBuilder(tables.functions.back().get());
  }
  uint32_t Kernel(const std::string& key) {
    tables.kernels.push_back(key);
    return static_cast<uint32_t>(tables.kernels.size() - 1);
  }
  // Adds to the one constants segment.
  uint32_t Constant(const Dims& dims, const std::vector<float>& elements) {
    auto constant = std::make_unique<schema::ConstantT>();
    constant->dims = dims;
    constant->offset = Append(&constants, elements.data(), elements.size() * sizeof(float));
    constant->segment = SegmentOf(schema::SegmentKind::constants);
    tables.constants.push_back(std::move(constant));
    return static_cast<uint32_t>(tables.constants.size() - 1);
  }
  uint32_t State(const std::string& name, const Dims& dims, int32_t initial = -1) {
    auto state = std::make_unique<schema::StateT>();
    state->name = name;
    state->dims = dims;
    state->initial = initial;
    tables.states.push_back(std::move(state));
    return static_cast<uint32_t>(tables.states.size() - 1);
  }
  void Sample(uint32_t function, bool is_output, uint32_t index, const Dims& dims, const std::vector<float>& elements) {
    auto sample = std::make_unique<schema::SampleT>();
    sample->function = function;
    sample->is_output = is_output;
    sample->index = index;
    sample->dims = dims;
    sample->offset = Append(&samples, elements.data(), elements.size() * sizeof(float));
    sample->segment = SegmentOf(schema::SegmentKind::samples);
    tables.samples.push_back(std::move(sample));
  }
  void Debug(const schema::DebugT& facts) {
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(schema::Debug::Pack(builder, &facts));
    Append(&debug, builder.GetBufferPointer(), builder.GetSize());
    SegmentOf(schema::SegmentKind::debug);
  }

  // The file. Segments that lie in other files are left as they are.
  std::vector<uint8_t> Build() {
    BuildAsIs(true);  // where the segments lie is known once the tables' size is, which does not depend on it
    return BuildAsIs(true);
  }

  // The file with the tables exactly as they are, also where they are wrong, unless `place` says that the segments'
  // offsets and sizes are to be set.
  std::vector<uint8_t> BuildAsIs(bool place = false) {
    flatbuffers::FlatBufferBuilder builder;
    builder.ForceDefaults(true);
    builder.Finish(schema::Program::Pack(builder, &tables), schema::ProgramIdentifier());
    FileHeader header{};
    memcpy(header.magic, kFileMagic, sizeof(kFileMagic));
    header.version = kFileVersion;
    header.tables_offset = kFileAlignment;
    header.tables_size = builder.GetSize();
    std::vector<uint8_t> file(kFileAlignment);
    Append(&file, builder.GetBufferPointer(), builder.GetSize());
    for (auto& segment : tables.segments) {
      const std::vector<uint8_t>* data = DataOf(segment->kind);
      if (!segment->file.empty() || data == nullptr) continue;
      const uint64_t offset = Append(&file, data->data(), data->size());
      if (!place) continue;
      segment->offset = offset;
      segment->size = data->size();
    }
    file.resize((file.size() + 63) / 64 * 64 + 64);
    header.file_size = file.size();
    memcpy(file.data(), &header, sizeof(header));
    return file;
  }

  // Index of the segment of this kind, which is added if there is none.
  uint32_t SegmentOf(schema::SegmentKind kind) {
    for (size_t i = 0; i < tables.segments.size(); ++i) {
      if (tables.segments[i]->kind == kind) return static_cast<uint32_t>(i);
    }
    tables.segments.push_back(std::make_unique<schema::SegmentT>());
    tables.segments.back()->kind = kind;
    return static_cast<uint32_t>(tables.segments.size() - 1);
  }

  schema::ProgramT tables;
  std::vector<uint8_t> constants, samples, debug;

 private:
  const std::vector<uint8_t>* DataOf(schema::SegmentKind kind) const {
    switch (kind) {
      case schema::SegmentKind::constants:
        return &constants;
      case schema::SegmentKind::samples:
        return &samples;
      case schema::SegmentKind::debug:
        return &debug;
      default:
        return nullptr;
    }
  }
  static uint64_t Append(std::vector<uint8_t>* to, const void* data, size_t size) {
    to->resize((to->size() + 63) / 64 * 64);
    const uint64_t offset = to->size();
    const uint8_t* bytes = static_cast<const uint8_t*>(data);
    to->insert(to->end(), bytes, bytes + size);
    return offset;
  }
};

}  // namespace mtc::test

#endif  // MTC_TESTS_PROGRAM_BUILDER_H_
