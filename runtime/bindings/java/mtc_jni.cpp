// What the native methods of dev.mtc.Native call: one function each, over the C API alone.
//
// Handles are the C API's pointers as numbers; dev.mtc.Handle sees to it that none is used once it is destroyed. Texts
// are bytes in UTF-8, since the JVM's own are in another encoding. What fails throws dev.mtc.MtcException.

#include <stdlib.h>
#include <string.h>

#include "jni.h"
#include "mtc/mtc.h"

namespace {

constexpr jsize kTensorNumbers = 3 + MTC_MAX_RANK;         // dtype, bytes, rank, dims
constexpr jsize kSignatureNumbers = 2 + 3 * MTC_MAX_RANK;  // dtype, rank, dims, least dims, largest dims

jclass exception_class;
jmethodID exception_constructor;

template <typename T>
T* Pointer(jlong handle) {
  return reinterpret_cast<T*>(static_cast<uintptr_t>(handle));
}

jlong Number(const void* handle) { return static_cast<jlong>(reinterpret_cast<uintptr_t>(handle)); }

// NULL for a NULL text, or if the JVM has no memory and throws.
jbyteArray Bytes(JNIEnv* env, const char* text) {
  if (text == nullptr) return nullptr;
  const jsize size = static_cast<jsize>(strlen(text));
  jbyteArray bytes = (*env)->NewByteArray(env, size);
  if (bytes != nullptr) (*env)->SetByteArrayRegion(env, bytes, 0, size, reinterpret_cast<const jbyte*>(text));
  return bytes;
}

void Throw(JNIEnv* env, mtc_status status, const char* message) {
  jbyteArray text = Bytes(env, message);
  if (text == nullptr) return;  // another exception is on its way
  jobject exception = (*env)->NewObject(env, exception_class, exception_constructor, static_cast<jint>(status), text);
  if (exception != nullptr) (*env)->Throw(env, exception);
}

// Whether it went well; else it throws.
bool Check(JNIEnv* env, mtc_status status, const mtc_error& error) {
  if (status != MTC_OK) Throw(env, status, error.message);
  return status == MTC_OK;
}

// For the functions of the C API that give no words.
bool Check(JNIEnv* env, mtc_status status, const char* what) {
  if (status != MTC_OK) Throw(env, status, what);
  return status == MTC_OK;
}

// Memory for as long as a call takes.
class Scratch {
 public:
  Scratch(JNIEnv* env, size_t size) : data_(malloc(size + 1)) {
    if (data_ == nullptr) Throw(env, MTC_OUT_OF_MEMORY, "no memory for a call's arguments");
  }
  ~Scratch() { free(data_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  template <typename T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_;
};

// A text of Java's, with the zero that C wants.
class Text : public Scratch {
 public:
  Text(JNIEnv* env, jbyteArray bytes) : Scratch(env, static_cast<size_t>((*env)->GetArrayLength(env, bytes))) {
    char* text = as<char>();
    if (text == nullptr) return;
    const jsize size = (*env)->GetArrayLength(env, bytes);
    (*env)->GetByteArrayRegion(env, bytes, 0, size, reinterpret_cast<jbyte*>(text));
    text[size] = '\0';
  }
};

// Where the `size` bytes of a direct buffer lie. NULL, and it throws, if the buffer is none or has fewer.
void* Address(JNIEnv* env, jobject buffer, jlong size) {
  static char empty[1];
  if (size == 0) return empty;  // a JVM may give no address
  void* address = (*env)->GetDirectBufferAddress(env, buffer);
  if (address != nullptr && size > 0 && (*env)->GetDirectBufferCapacity(env, buffer) >= size) return address;
  Throw(env, MTC_INVALID_ARGUMENT, "a buffer is not direct, or too small");
  return nullptr;
}

// --- programs --------------------------------------------------------------------------------------------------------

jbyteArray JNICALL Version(JNIEnv* env, jclass) { return Bytes(env, mtc_version()); }

jbyteArray JNICALL RuntimeKernel(JNIEnv* env, jclass, jlong index) {
  return Bytes(env, mtc_runtime_kernel(static_cast<size_t>(index)));
}

jlong JNICALL LoadFile(JNIEnv* env, jclass, jbyteArray path) {
  const Text text(env, path);
  if (text.as<char>() == nullptr) return 0;
  mtc_program* program = nullptr;
  mtc_error error;
  Check(env, mtc_program_load_file(text.as<char>(), nullptr, &program, &error), error);
  return Number(program);
}

jlong JNICALL LoadMemory(JNIEnv* env, jclass, jobject buffer, jlong size) {
  const void* data = Address(env, buffer, size);
  if (data == nullptr) return 0;
  mtc_program* program = nullptr;
  mtc_error error;
  Check(env, mtc_program_load_memory(data, static_cast<size_t>(size), nullptr, &program, &error), error);
  return Number(program);
}

jlong JNICALL LoadDescriptor(JNIEnv* env, jclass, jint descriptor, jlong offset, jlong size) {
  mtc_program* program = nullptr;
  mtc_error error;
  const mtc_status status = mtc_program_load_fd(descriptor, static_cast<uint64_t>(offset), static_cast<uint64_t>(size),
                                                nullptr, &program, &error);
  Check(env, status, error);
  return Number(program);
}

void JNICALL DestroyProgram(JNIEnv*, jclass, jlong program) { mtc_program_destroy(Pointer<mtc_program>(program)); }

jlong JNICALL FunctionCount(JNIEnv*, jclass, jlong program) {
  return static_cast<jlong>(mtc_program_function_count(Pointer<mtc_program>(program)));
}

jbyteArray JNICALL FunctionName(JNIEnv* env, jclass, jlong program, jlong function) {
  return Bytes(env, mtc_program_function_name(Pointer<mtc_program>(program), static_cast<size_t>(function)));
}

jbyteArray JNICALL ProgramKernel(JNIEnv* env, jclass, jlong program, jlong index) {
  return Bytes(env, mtc_program_kernel(Pointer<mtc_program>(program), static_cast<size_t>(index)));
}

jbyteArray JNICALL Metadata(JNIEnv* env, jclass, jlong program, jbyteArray key) {
  const Text text(env, key);
  if (text.as<char>() == nullptr) return nullptr;
  return Bytes(env, mtc_program_metadata(Pointer<mtc_program>(program), text.as<char>()));
}

jlong JNICALL ValueCount(JNIEnv*, jclass, jlong program, jlong function, jboolean is_output) {
  const auto count = is_output ? mtc_program_output_count : mtc_program_input_count;
  return static_cast<jlong>(count(Pointer<mtc_program>(program), static_cast<size_t>(function)));
}

jbyteArray JNICALL Signature(JNIEnv* env, jclass, jlong program, jlong function, jboolean is_output, jlong index,
                             jlongArray out) {
  const auto describe = is_output ? mtc_program_output : mtc_program_input;
  mtc_signature signature;
  const mtc_status status =
      describe(Pointer<mtc_program>(program), static_cast<size_t>(function), static_cast<size_t>(index), &signature);
  if (!Check(env, status, "there is no such input or output")) return nullptr;
  jlong numbers[kSignatureNumbers] = {signature.dtype, signature.rank};
  for (uint32_t i = 0; i < signature.rank; ++i) {
    numbers[2 + i] = signature.dims[i];
    numbers[2 + MTC_MAX_RANK + i] = signature.min_dims[i];
    numbers[2 + 2 * MTC_MAX_RANK + i] = signature.max_dims[i];
  }
  (*env)->SetLongArrayRegion(env, out, 0, kSignatureNumbers, numbers);
  return Bytes(env, signature.name);
}

// --- tensors ---------------------------------------------------------------------------------------------------------

// Describes a tensor in `out`; copies its data to `buffer` where one is given.
void Give(JNIEnv* env, const mtc_tensor& tensor, jlongArray out, jobject buffer) {
  jlong numbers[kTensorNumbers] = {tensor.dtype, static_cast<jlong>(tensor.size), tensor.rank};
  for (uint32_t i = 0; i < tensor.rank; ++i) numbers[3 + i] = tensor.dims[i];
  (*env)->SetLongArrayRegion(env, out, 0, kTensorNumbers, numbers);
  if (buffer == nullptr || tensor.size == 0) return;
  void* data = Address(env, buffer, static_cast<jlong>(tensor.size));
  if (data != nullptr) memcpy(data, tensor.data, tensor.size);
}

jboolean JNICALL Sample(JNIEnv* env, jclass, jlong program, jlong function, jboolean is_output, jlong index,
                        jlongArray out, jobject buffer) {
  mtc_tensor tensor;
  const mtc_status status = mtc_program_sample(Pointer<mtc_program>(program), static_cast<size_t>(function),
                                               is_output != 0, static_cast<size_t>(index), &tensor);
  if (status == MTC_OK) Give(env, tensor, out, buffer);
  return status == MTC_OK;
}

void JNICALL Output(JNIEnv* env, jclass, jlong session, jlong function, jlong index, jlongArray out, jobject buffer) {
  mtc_tensor tensor;
  const mtc_status status = mtc_session_output(Pointer<mtc_session>(session), static_cast<size_t>(function),
                                               static_cast<size_t>(index), &tensor);
  if (Check(env, status, "there is no such output")) Give(env, tensor, out, buffer);
}

// --- sessions --------------------------------------------------------------------------------------------------------

jlong JNICALL CreateSession(JNIEnv* env, jclass, jlong program, jint threads, jlong max_memory, jboolean profile) {
  const mtc_session_options options = {static_cast<uint32_t>(threads), static_cast<uint64_t>(max_memory), profile != 0};
  mtc_session* session = nullptr;
  mtc_error error;
  Check(env, mtc_session_create(Pointer<mtc_program>(program), &options, &session, &error), error);
  return Number(session);
}

void JNICALL DestroySession(JNIEnv*, jclass, jlong session) { mtc_session_destroy(Pointer<mtc_session>(session)); }

// The `numbers` of one input after the other are as `Give` writes them.
void JNICALL Run(JNIEnv* env, jclass, jlong session, jlong function, jobjectArray buffers, jlongArray numbers) {
  const jsize count = (*env)->GetArrayLength(env, buffers);
  const Scratch scratch(env, static_cast<size_t>(count) * sizeof(mtc_tensor));
  mtc_tensor* inputs = scratch.as<mtc_tensor>();
  if (inputs == nullptr) return;
  for (jsize i = 0; i < count; ++i) {
    jlong of_input[kTensorNumbers];
    (*env)->GetLongArrayRegion(env, numbers, i * kTensorNumbers, kTensorNumbers, of_input);
    jobject buffer = (*env)->GetObjectArrayElement(env, buffers, i);
    inputs[i] = {Address(env, buffer, of_input[1]),
                 static_cast<size_t>(of_input[1]),
                 static_cast<mtc_dtype>(of_input[0]),
                 static_cast<uint32_t>(of_input[2]),
                 {}};
    (*env)->DeleteLocalRef(env, buffer);  // a call may hold few; the caller's array keeps the memory
    if (inputs[i].data == nullptr) return;
    memcpy(inputs[i].dims, of_input + 3, sizeof inputs[i].dims);
  }
  mtc_error error;
  const mtc_status status = mtc_session_run(Pointer<mtc_session>(session), static_cast<size_t>(function), inputs,
                                            static_cast<size_t>(count), &error);
  Check(env, status, error);
}

void JNICALL Cancel(JNIEnv*, jclass, jlong session) { mtc_session_cancel(Pointer<mtc_session>(session)); }

void JNICALL SetStepBudget(JNIEnv*, jclass, jlong session, jlong instructions) {
  mtc_session_set_step_budget(Pointer<mtc_session>(session), static_cast<uint64_t>(instructions));
}

jlong JNICALL StateSize(JNIEnv*, jclass, jlong session) {
  return static_cast<jlong>(mtc_session_state_size(Pointer<mtc_session>(session)));
}

void JNICALL ResetState(JNIEnv* env, jclass, jlong session) {
  mtc_error error;
  Check(env, mtc_session_reset_state(Pointer<mtc_session>(session), &error), error);
}

void JNICALL SaveState(JNIEnv* env, jclass, jlong session, jobject buffer, jlong size) {
  void* data = Address(env, buffer, size);
  mtc_error error;
  if (data != nullptr)
    Check(env, mtc_session_save_state(Pointer<mtc_session>(session), data, static_cast<size_t>(size), &error), error);
}

void JNICALL RestoreState(JNIEnv* env, jclass, jlong session, jobject buffer, jlong size) {
  const void* data = Address(env, buffer, size);
  mtc_error error;
  if (data != nullptr)
    Check(env, mtc_session_restore_state(Pointer<mtc_session>(session), data, static_cast<size_t>(size), &error),
          error);
}

void JNICALL Memory(JNIEnv* env, jclass, jlong session, jlongArray out) {
  const mtc_memory memory = mtc_session_memory(Pointer<mtc_session>(session));
  const jlong numbers[4] = {static_cast<jlong>(memory.arena), static_cast<jlong>(memory.scratch),
                            static_cast<jlong>(memory.state), static_cast<jlong>(memory.packed)};
  (*env)->SetLongArrayRegion(env, out, 0, 4, numbers);
}

jlong JNICALL EventCount(JNIEnv*, jclass, jlong session) {
  return static_cast<jlong>(mtc_session_event_count(Pointer<mtc_session>(session)));
}

// One of the event's texts: 0 is its kernel, 1 its name, 2 its location.
jbyteArray JNICALL Event(JNIEnv* env, jclass, jlong session, jlong index, jint text, jlongArray out) {
  mtc_event event;
  const mtc_status status = mtc_session_event(Pointer<mtc_session>(session), static_cast<size_t>(index), &event);
  if (!Check(env, status, "there is no such event")) return nullptr;
  const jlong numbers[4] = {static_cast<jlong>(event.start_ns), static_cast<jlong>(event.duration_ns), event.function,
                            event.instruction};
  (*env)->SetLongArrayRegion(env, out, 0, 4, numbers);
  return Bytes(env, text == 0 ? event.kernel : text == 1 ? event.name : event.location);
}

template <typename Function>
JNINativeMethod Method(const char* name, const char* signature, Function* function) {
  return {name, signature, reinterpret_cast<void*>(function)};
}

}  // namespace

// The only symbol: the methods are registered, so that a shrinker that renames classes is told by name what to keep.
extern "C" JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM* vm, void*) {
  void* found = nullptr;
  if ((*vm)->GetEnv(vm, &found, JNI_VERSION_1_6) != JNI_OK) return JNI_ERR;
  JNIEnv* env = static_cast<JNIEnv*>(found);
  jclass local = (*env)->FindClass(env, "dev/mtc/MtcException");
  if (local == nullptr) return JNI_ERR;
  exception_class = (*env)->NewGlobalRef(env, local);
  if (exception_class == nullptr) return JNI_ERR;
  exception_constructor = (*env)->GetMethodID(env, local, "<init>", "(I[B)V");
  if (exception_constructor == nullptr) return JNI_ERR;
  const JNINativeMethod methods[] = {
      Method("version", "()[B", Version),
      Method("runtimeKernel", "(J)[B", RuntimeKernel),
      Method("loadFile", "([B)J", LoadFile),
      Method("loadMemory", "(Ljava/nio/ByteBuffer;J)J", LoadMemory),
      Method("loadDescriptor", "(IJJ)J", LoadDescriptor),
      Method("destroyProgram", "(J)V", DestroyProgram),
      Method("functionCount", "(J)J", FunctionCount),
      Method("functionName", "(JJ)[B", FunctionName),
      Method("programKernel", "(JJ)[B", ProgramKernel),
      Method("metadata", "(J[B)[B", Metadata),
      Method("valueCount", "(JJZ)J", ValueCount),
      Method("signature", "(JJZJ[J)[B", Signature),
      Method("sample", "(JJZJ[JLjava/nio/ByteBuffer;)Z", Sample),
      Method("createSession", "(JIJZ)J", CreateSession),
      Method("destroySession", "(J)V", DestroySession),
      Method("run", "(JJ[Ljava/nio/ByteBuffer;[J)V", Run),
      Method("output", "(JJJ[JLjava/nio/ByteBuffer;)V", Output),
      Method("cancel", "(J)V", Cancel),
      Method("setStepBudget", "(JJ)V", SetStepBudget),
      Method("stateSize", "(J)J", StateSize),
      Method("resetState", "(J)V", ResetState),
      Method("saveState", "(JLjava/nio/ByteBuffer;J)V", SaveState),
      Method("restoreState", "(JLjava/nio/ByteBuffer;J)V", RestoreState),
      Method("memory", "(J[J)V", Memory),
      Method("eventCount", "(J)J", EventCount),
      Method("event", "(JJI[J)[B", Event),
  };
  jclass natives = (*env)->FindClass(env, "dev/mtc/Native");
  if (natives == nullptr) return JNI_ERR;
  if ((*env)->RegisterNatives(env, natives, methods, sizeof methods / sizeof *methods) != JNI_OK) return JNI_ERR;
  return JNI_VERSION_1_6;
}
