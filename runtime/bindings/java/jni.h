// The part of the Java Native Interface that mtc_jni.cpp calls, so that it compiles where there is no JDK and no NDK.
//
// Every JVM lays out these tables alike: the numbers are those of the functions in the specification's chapter 4, "JNI
// Functions", and chapter 5, "The Invocation API" (version 1.6,
// https://docs.oracle.com/javase/8/docs/technotes/guides/jni).

#ifndef MTC_BINDINGS_JAVA_JNI_H_
#define MTC_BINDINGS_JAVA_JNI_H_

#include <stdint.h>

#if defined(_WIN32)
#define JNIEXPORT __declspec(dllexport)
#define JNICALL __stdcall
#else
#define JNIEXPORT __attribute__((visibility("default")))
#define JNICALL
#endif

#define JNI_VERSION_1_6 0x00010006
#define JNI_ERR (-1)
#define JNI_OK 0

typedef uint8_t jboolean;
typedef int8_t jbyte;
typedef int32_t jint;
typedef int64_t jlong;
typedef jint jsize;

// References. A JVM tells them apart, this header does not.
typedef struct mtc_java_object* jobject;
typedef jobject jclass;
typedef jobject jarray;
typedef jobject jobjectArray;
typedef jobject jbyteArray;
typedef jobject jlongArray;
typedef jobject jthrowable;
typedef struct mtc_java_method* jmethodID;

typedef struct JNINativeMethod {
  const char* name;
  const char* signature;
  void* function;
} JNINativeMethod;

typedef const struct mtc_jni_functions* JNIEnv;
typedef const struct mtc_jni_invocation* JavaVM;

struct mtc_jni_functions {
  void* unused_0[6];
  jclass(JNICALL* FindClass)(JNIEnv*, const char*);  // 6
  void* unused_7[6];
  jint(JNICALL* Throw)(JNIEnv*, jthrowable);  // 13
  void* unused_14[7];
  jobject(JNICALL* NewGlobalRef)(JNIEnv*, jobject);  // 21
  void* unused_22[1];
  void(JNICALL* DeleteLocalRef)(JNIEnv*, jobject);  // 23
  void* unused_24[4];
  jobject (*NewObject)(JNIEnv*, jclass, jmethodID, ...);  // 28
  void* unused_29[4];
  jmethodID(JNICALL* GetMethodID)(JNIEnv*, jclass, const char*, const char*);  // 33
  void* unused_34[137];
  jsize(JNICALL* GetArrayLength)(JNIEnv*, jarray);  // 171
  void* unused_172[1];
  jobject(JNICALL* GetObjectArrayElement)(JNIEnv*, jobjectArray, jsize);  // 173
  void* unused_174[2];
  jbyteArray(JNICALL* NewByteArray)(JNIEnv*, jsize);  // 176
  void* unused_177[23];
  void(JNICALL* GetByteArrayRegion)(JNIEnv*, jbyteArray, jsize, jsize, jbyte*);  // 200
  void* unused_201[3];
  void(JNICALL* GetLongArrayRegion)(JNIEnv*, jlongArray, jsize, jsize, jlong*);  // 204
  void* unused_205[3];
  void(JNICALL* SetByteArrayRegion)(JNIEnv*, jbyteArray, jsize, jsize, const jbyte*);  // 208
  void* unused_209[3];
  void(JNICALL* SetLongArrayRegion)(JNIEnv*, jlongArray, jsize, jsize, const jlong*);  // 212
  void* unused_213[2];
  jint(JNICALL* RegisterNatives)(JNIEnv*, jclass, const JNINativeMethod*, jint);  // 215
  void* unused_216[14];
  void*(JNICALL* GetDirectBufferAddress)(JNIEnv*, jobject);   // 230
  jlong(JNICALL* GetDirectBufferCapacity)(JNIEnv*, jobject);  // 231
};

struct mtc_jni_invocation {
  void* unused_0[6];
  jint(JNICALL* GetEnv)(JavaVM*, void**, jint);  // 6
};

#endif  // MTC_BINDINGS_JAVA_JNI_H_
