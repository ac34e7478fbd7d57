#include "program/program.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include "generated/program_layout.h"
#include "program/header.h"
#include "program/layout.h"
#include "program/quantization.h"
#include "program/table_walk.h"
#include "program/verifier.h"

namespace mtc {
namespace {

using Number = unsigned long long;  // what %llu takes

constexpr size_t kMaxPath = 4096;
constexpr size_t kHashLength = 64;  // SHA-256 in hexadecimal

// Whether a segment's file name is one: anything else could lead out of the program's folder.
bool IsHash(const flatbuffers::String& name) {
  for (const char c : name) {
    if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) return false;
  }
  return name.size() == kHashLength;
}

Status NoMemory(Error& error) { return error.Report(Status::kOutOfMemory, "no memory for the program"); }

}  // namespace

Status Program::Load(const ProgramSource& source, uint64_t max_memory, Error& error) {
  max_memory_ = max_memory;
  const char* path = source.path_;
  if (path == nullptr && source.data_ != nullptr) {
    return LoadMemory(static_cast<const uint8_t*>(source.data_), source.size_, error);
  }
  FileMap file;
  char folder[kMaxPath];
  if (path == nullptr) {
    MTC_RETURN_IF_ERROR(file.OpenRange(source.fd_, source.offset_, source.size_, error));
  } else {
    MTC_RETURN_IF_ERROR(file.OpenPath(path, error));
    const size_t length = FolderLength(path);
    if (length >= sizeof(folder)) return error.Report(Status::kIo, "the path is too long");
    memcpy(folder, path, length);
    folder[length] = '\0';
  }
  files_.Add(std::move(file));
  const Status status = LoadBytes(files_[0].data(), files_[0].size(), path == nullptr ? nullptr : folder, error);
  if (status != Status::kOk && path != nullptr) error.Prefix("`%s`", path);
  return status;
}

Status Program::LoadMemory(const uint8_t* data, uint64_t size, Error& error) {
  const bool is_aligned = reinterpret_cast<uintptr_t>(data) % kFileAlignment == 0;
  if (is_aligned) MTC_RETURN_IF_ERROR(LoadBytes(data, size, nullptr, error));
  if (is_aligned && HasGuard(data + size)) return Status::kOk;
  if (!copy_.Allocate(size)) return NoMemory(error);
  if (size != 0) memcpy(copy_.data(), data, static_cast<size_t>(size));
  return LoadBytes(copy_.data(), size, nullptr, error);
}

// Whether every constant may be over-read in memory that ends at `end`.
bool Program::HasGuard(const uint8_t* end) const {
  for (uint32_t i = 0; i < Count(tables_->constants()); ++i) {
    const schema::Constant& c = *tables_->constants()->Get(i);
    if (c.encoded() >= 0) continue;
    uint64_t bytes;
    if (!ByteSize(ToDType(c.dtype()), Items(c.dims()), &bytes)) return false;
    const uint64_t left = static_cast<uint64_t>(end - static_cast<const uint8_t*>(constant(i)));
    if (left - bytes < kGuard) return false;
  }
  return true;
}

Status Program::LoadBytes(const uint8_t* data, uint64_t size, const char* folder, Error& error) {
  segments_.Clear();
  size_ = size;
  MTC_RETURN_IF_ERROR(LoadTables(data, size, error));
  MTC_RETURN_IF_ERROR(LoadSegments(data, size, folder, error));
  List<uint64_t> sizes;
  for (const Range& segment : segments_) sizes.Add(segment.size);
  const VerifyLimits limits{max_memory_, tables_size_};
  MTC_RETURN_IF_ERROR(VerifyProgram(*tables_, {sizes.data(), sizes.size()}, limits, error));
  CountEntries();
  MTC_RETURN_IF_ERROR(CheckInterfaces(error));
  FindQuantizations();
  MTC_RETURN_IF_ERROR(DecodeConstants(error));
  return LoadDebug(error);
}

void Program::CountEntries() {
  entry_count_ = Count(tables_->functions());
  for (uint32_t f = 0; f < entry_count_; ++f) {
    for (uint32_t i = 0; i < Count(function(f).instructions()); ++i) {
      for (const uint32_t nested : Items(function(f).instructions()->Get(i)->functions())) {
        entry_count_ = std::min(entry_count_, nested);
      }
    }
  }
}

// Callers have no quantized tensors.
Status Program::CheckInterfaces(Error& error) const {
  for (uint32_t f = 0; f < entry_count_; ++f) {
    for (const auto values : {Items(function(f).inputs()), Items(function(f).outputs())}) {
      for (const uint32_t v : values) {
        if (!IsQuantized(ToDType(function(f).values()->Get(v)->dtype()))) continue;
        return error.Report(Status::kInvalidProgram, "function `%s` has a quantized input or output",
                            Text(function(f).name()));
      }
    }
  }
  return Status::kOk;
}

void Program::FindQuantizations() {
  quantizations_.Clear();
  for (uint32_t i = 0; i < Count(tables_->qparams()); ++i) {
    const schema::QParams& q = *tables_->qparams()->Get(i);
    Quantization found;
    found.scale = q.scale();
    found.zero_point = q.zero_point();
    found.axis = q.axis();
    found.block = q.block();
    if (q.scales() >= 0) {
      const schema::Constant& scales = *tables_->constants()->Get(static_cast<uint32_t>(q.scales()));
      found.scales = constant(static_cast<uint32_t>(q.scales()));
      found.scales_type = ToDType(scales.dtype());
      found.count = scales.dims()->Get(0);
    }
    if (q.zero_points() >= 0) {
      found.zero_points = static_cast<const int32_t*>(constant(static_cast<uint32_t>(q.zero_points())));
    }
    quantizations_.Add(found);
  }
}

Status Program::LoadTables(const uint8_t* data, uint64_t size, Error& error) {
  FileHeader header;
  if (size < sizeof(header) || memcmp(data, kFileMagic, sizeof(kFileMagic)) != 0) {
    return error.Report(Status::kInvalidProgram, "this is not an mtc program");
  }
  memcpy(&header, data, sizeof(header));
  if (header.version != kFileVersion) {
    return error.Report(Status::kInvalidProgram, "the program has format version %u; this runtime reads version %u",
                        header.version, kFileVersion);
  }
  if (header.file_size != size) {
    return error.Report(Status::kInvalidProgram, "the program was written with %llu bytes, and %llu are here",
                        static_cast<Number>(header.file_size), static_cast<Number>(size));
  }
  const uint64_t offset = header.tables_offset;
  tables_size_ = header.tables_size;
  if (offset % kFileAlignment != 0 || offset < sizeof(header) || offset > size || tables_size_ > size - offset ||
      tables_size_ >= FLATBUFFERS_MAX_BUFFER_SIZE) {
    return error.Report(Status::kInvalidProgram, "the program's tables are not where its header says");
  }
  if (!IsWholeBuffer(data + offset, tables_size_, kProgramTable, schema::ProgramIdentifier())) {
    return error.Report(Status::kInvalidProgram, "the program's tables are damaged");
  }
  tables_ = schema::GetProgram(data + offset);
  return Status::kOk;
}

Status Program::LoadSegments(const uint8_t* data, uint64_t size, const char* folder, Error& error) {
  for (uint32_t i = 0; i < Count(tables_->segments()); ++i) {
    const schema::Segment& segment = *tables_->segments()->Get(i);
    Range range{};
    if (segment.kind() > schema::SegmentKind::MAX) {
      return error.Report(Status::kInvalidProgram, "segment %u is of an unknown kind", i);
    }
    if (segment.file() != nullptr) {
      if (segment.offset() != 0 || !IsHash(*segment.file())) {
        return error.Report(Status::kInvalidProgram, "segment %u does not name a file by its hash", i);
      }
      MTC_RETURN_IF_ERROR(LoadExternal(segment.file()->c_str(), segment.size(), folder, &range, error));
    } else if (segment.offset() % kFileAlignment != 0 || segment.offset() > size ||
               segment.size() > size - segment.offset()) {
      return error.Report(Status::kInvalidProgram, "segment %u lies outside the file", i);
    } else {
      range = {data + segment.offset(), segment.size()};
    }
    segments_.Add(range);
  }
  return Status::kOk;
}

Status Program::LoadExternal(const char* name, uint64_t size, const char* folder, Range* out, Error& error) {
  if (folder == nullptr) {
    return error.Report(Status::kIo, "part of the program is in the file `%s`: load it by its path", name);
  }
  char path[kMaxPath + kHashLength];
  snprintf(path, sizeof(path), "%s%s", folder, name);
  FileMap file;
  MTC_RETURN_IF_ERROR(file.OpenPath(path, error));
  if (file.size() != size) {
    return error.Report(Status::kInvalidProgram, "`%s` has %llu bytes; the program says %llu", name,
                        static_cast<Number>(file.size()), static_cast<Number>(size));
  }
  *out = {file.data(), size};
  size_ += size;
  files_.Add(std::move(file));
  return Status::kOk;
}

Status Program::LoadDebug(Error& error) {
  for (uint32_t i = 0; i < segments_.size(); ++i) {
    if (tables_->segments()->Get(i)->kind() != schema::SegmentKind::debug || segments_[i].size == 0) continue;
    const Range& range = segments_[i];
    if (!IsWholeBuffer(range.data, range.size, kDebugTable, nullptr)) {
      return error.Report(Status::kInvalidProgram, "the debug segment is damaged");
    }
    debug_ = flatbuffers::GetRoot<schema::Debug>(range.data);
    break;
  }
  return Status::kOk;
}

// Makes the constants that are made of others. Their bytes stay in the file.
Status Program::DecodeConstants(Error& error) {
  decoded_.Clear();
  for (uint32_t i = 0; i < Count(tables_->constants()); ++i) {
    const schema::Constant& c = *tables_->constants()->Get(i);
    if (c.encoded() < 0) continue;
    const schema::Constant& from = *tables_->constants()->Get(static_cast<uint32_t>(c.encoded()));
    Tensor stored;
    stored.dtype = ToDType(from.dtype());
    stored.rank = static_cast<uint8_t>(Count(from.dims()));
    for (int axis = 0; axis < stored.rank; ++axis) stored.dims[axis] = from.dims()->Get(static_cast<uint32_t>(axis));
    stored.data = const_cast<void*>(constant(static_cast<uint32_t>(c.encoded())));
    if (c.qparams() >= 0) stored.quantization = &quantizations_[static_cast<size_t>(c.qparams())];
    decoded_.Resize(i + 1);
    if (!decoded_[i].Allocate(static_cast<size_t>(stored.count()) * sizeof(float))) return NoMemory(error);
    Decode(stored, reinterpret_cast<float*>(decoded_[i].data()));
  }
  return Status::kOk;
}

const void* Program::constant(uint32_t index) const {
  if (index < decoded_.size() && tables_->constants()->Get(index)->encoded() >= 0) return decoded_[index].data();
  const schema::Constant& constant = *tables_->constants()->Get(index);
  return segments_[constant.segment()].data + constant.offset();
}

const Quantization* Program::quantization(const schema::Value& value) const {
  return value.qparams() < 0 ? nullptr : &quantizations_[static_cast<size_t>(value.qparams())];
}

const void* Program::sample(const schema::Sample& sample) const {
  return segments_[sample.segment()].data + sample.offset();
}

const schema::DebugFunction* Program::debug(uint32_t function) const {
  return debug_ != nullptr && function < Count(debug_->functions()) ? debug_->functions()->Get(function) : nullptr;
}

const schema::DebugInstruction* Program::DebugOf(uint32_t function, uint32_t instruction) const {
  const schema::DebugFunction* facts = debug(function);
  return facts != nullptr && instruction < Count(facts->instructions()) ? facts->instructions()->Get(instruction)
                                                                        : nullptr;
}

const char* Program::InstructionName(uint32_t function, uint32_t instruction) const {
  const schema::DebugInstruction* facts = DebugOf(function, instruction);
  return facts == nullptr ? "" : Text(facts->name());
}

const char* Program::InstructionLocation(uint32_t function, uint32_t instruction) const {
  const schema::DebugInstruction* facts = DebugOf(function, instruction);
  return facts == nullptr ? "" : Text(facts->location());
}

}  // namespace mtc
