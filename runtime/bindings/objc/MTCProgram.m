#import "MTCProgram.h"

#import "MTCConversions.h"
#import "MTCOwnership.h"

typedef mtc_status (*SignatureOf)(const mtc_program*, size_t, size_t, mtc_signature*);

@implementation MTCProgram

- (instancetype)initWithHandle:(mtc_program*)handle memory:(NSData*)memory {
  self = [super init];
  if (self != nil) {
    _handle = handle;
    _memory = MTC_RETAINED(memory);
  } else {
    mtc_program_destroy(handle);
  }
  return self;
}

- (void)dealloc {
  mtc_program_destroy(_handle);
  MTC_RELEASE(_memory);
  MTC_SUPER_DEALLOC;
}

+ (instancetype)programWithContentsOfFile:(NSString*)path error:(NSError**)error {
  mtc_program* handle = NULL;
  mtc_error reason;
  const mtc_status status = mtc_program_load_file(path.fileSystemRepresentation, NULL, &handle, &reason);
  if (!MTCSucceeded(status, &reason, error)) return nil;
  return MTC_AUTORELEASED([[self alloc] initWithHandle:handle memory:nil]);
}

+ (instancetype)programWithData:(NSData*)data error:(NSError**)error {
  NSData* memory = MTC_AUTORELEASED([data copy]);  // what may change is copied, the rest only retained
  mtc_program* handle = NULL;
  mtc_error reason;
  const mtc_status status = mtc_program_load_memory(memory.bytes, memory.length, NULL, &handle, &reason);
  if (!MTCSucceeded(status, &reason, error)) return nil;
  return MTC_AUTORELEASED([[self alloc] initWithHandle:handle memory:memory]);
}

- (const mtc_program*)handle {
  return _handle;
}

- (NSArray<NSString*>*)functionNames {
  NSMutableArray<NSString*>* found = [NSMutableArray array];
  const size_t count = mtc_program_function_count(_handle);
  for (size_t i = 0; i < count; ++i) [found addObject:MTCString(mtc_program_function_name(_handle, i))];
  return found;
}

- (NSArray<NSString*>*)kernels {
  NSMutableArray<NSString*>* found = [NSMutableArray array];
  const char* key = NULL;
  for (size_t i = 0; (key = mtc_program_kernel(_handle, i)) != NULL; ++i) [found addObject:MTCString(key)];
  return found;
}

- (NSArray<MTCSignature*>*)signaturesOfFunction:(NSUInteger)function count:(size_t)count from:(SignatureOf)from {
  NSMutableArray<MTCSignature*>* found = [NSMutableArray arrayWithCapacity:count];
  for (size_t i = 0; i < count; ++i) {
    mtc_signature signature;
    if (from(_handle, function, i, &signature) == MTC_OK) [found addObject:MTCSignatureFrom(&signature)];
  }
  return found;
}

- (NSArray<MTCSignature*>*)inputsOfFunction:(NSUInteger)function {
  const size_t count = mtc_program_input_count(_handle, function);
  return [self signaturesOfFunction:function count:count from:mtc_program_input];
}

- (NSArray<MTCSignature*>*)outputsOfFunction:(NSUInteger)function {
  const size_t count = mtc_program_output_count(_handle, function);
  return [self signaturesOfFunction:function count:count from:mtc_program_output];
}

- (MTCTensor*)sample:(NSUInteger)index isOutput:(BOOL)isOutput ofFunction:(NSUInteger)function {
  mtc_tensor sample;
  if (mtc_program_sample(_handle, function, isOutput, index, &sample) != MTC_OK) return nil;
  return MTCTensorFrom(&sample);
}

- (MTCTensor*)sampleInput:(NSUInteger)index ofFunction:(NSUInteger)function {
  return [self sample:index isOutput:NO ofFunction:function];
}

- (MTCTensor*)sampleOutput:(NSUInteger)index ofFunction:(NSUInteger)function {
  return [self sample:index isOutput:YES ofFunction:function];
}

- (NSString*)metadataForKey:(NSString*)key {
  const char* found = mtc_program_metadata(_handle, key.UTF8String);
  return found == NULL ? nil : MTCString(found);
}

+ (NSString*)runtimeVersion {
  return MTCString(mtc_version());
}

+ (NSArray<NSString*>*)runtimeKernels {
  NSMutableArray<NSString*>* found = [NSMutableArray array];
  const char* key = NULL;
  for (size_t i = 0; (key = mtc_runtime_kernel(i)) != NULL; ++i) [found addObject:MTCString(key)];
  return found;
}

@end
