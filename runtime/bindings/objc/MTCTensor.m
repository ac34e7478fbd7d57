#import "MTCTensor.h"

#include <math.h>
#include <string.h>

#import "MTCConversions.h"
#import "MTCOwnership.h"

NSUInteger MTCDataTypeSize(MTCDataType dataType) {
  switch (dataType) {
    case MTCDataTypeFloat64:
    case MTCDataTypeInt64:
      return 8;
    case MTCDataTypeFloat32:
    case MTCDataTypeInt32:
      return 4;
    case MTCDataTypeFloat16:
    case MTCDataTypeBFloat16:
    case MTCDataTypeInt16:
      return 2;
    case MTCDataTypeInt8:
    case MTCDataTypeUInt8:
    case MTCDataTypeBool:
      return 1;
  }
  return 0;
}

static NSArray<NSNumber*>* Numbers(const int64_t* values, uint32_t count) {
  NSMutableArray<NSNumber*>* found = [NSMutableArray arrayWithCapacity:count];
  for (uint32_t i = 0; i < count; ++i) [found addObject:[NSNumber numberWithLongLong:values[i]]];
  return found;
}

// How many bytes the elements of `shape` take. NO if there is no such tensor, or an address cannot count them.
static BOOL BytesOf(NSArray<NSNumber*>* shape, MTCDataType dataType, NSUInteger* bytes) {
  *bytes = MTCDataTypeSize(dataType);
  if (*bytes == 0 || shape.count > MTC_MAX_RANK) return NO;
  for (NSNumber* dim in shape) {
    if (dim.longLongValue < 0 || __builtin_mul_overflow(*bytes, dim.unsignedLongLongValue, bytes)) return NO;
  }
  return YES;
}

@implementation MTCTensor

@synthesize dataType = _dataType;
@synthesize shape = _shape;
@synthesize data = _data;

- (instancetype)initWithData:(NSData*)data shape:(NSArray<NSNumber*>*)shape dataType:(MTCDataType)dataType {
  self = [super init];
  if (self != nil) {
    _data = [data copy];
    _shape = [shape copy];
    _dataType = dataType;
  }
  return self;
}

- (void)dealloc {
  MTC_RELEASE(_data);
  MTC_RELEASE(_shape);
  MTC_SUPER_DEALLOC;
}

+ (instancetype)tensorWithData:(NSData*)data
                         shape:(NSArray<NSNumber*>*)shape
                      dataType:(MTCDataType)dataType
                         error:(NSError**)error {
  NSUInteger bytes = 0;
  if (!BytesOf(shape, dataType, &bytes) || bytes != data.length) {
    mtc_error reason;
    snprintf(reason.message, sizeof(reason.message),
             "%llu bytes are no tensor of shape [%s] and elements of %llu bytes", (unsigned long long)data.length,
             [shape componentsJoinedByString:@", "].UTF8String, (unsigned long long)MTCDataTypeSize(dataType));
    MTCSucceeded(MTC_INVALID_ARGUMENT, &reason, error);
    return nil;
  }
  return MTC_AUTORELEASED([[self alloc] initWithData:data shape:shape dataType:dataType]);
}

+ (instancetype)tensorWithFloats:(const float*)values shape:(NSArray<NSNumber*>*)shape {
  NSUInteger bytes = 0;
  if (!BytesOf(shape, MTCDataTypeFloat32, &bytes)) return nil;
  NSData* data = [NSData dataWithBytes:values length:bytes];
  return MTC_AUTORELEASED([[self alloc] initWithData:data shape:shape dataType:MTCDataTypeFloat32]);
}

- (NSUInteger)count {
  return _data.length / MTCDataTypeSize(_dataType);
}

#define MTC_ELEMENT(type) (double)((const type*)_data.bytes)[index]

- (double)valueAtIndex:(NSUInteger)index {
  if (index >= self.count) return NAN;
  switch (_dataType) {
    case MTCDataTypeFloat32:
      return MTC_ELEMENT(float);
    case MTCDataTypeFloat64:
      return MTC_ELEMENT(double);
    case MTCDataTypeInt8:
      return MTC_ELEMENT(int8_t);
    case MTCDataTypeUInt8:
    case MTCDataTypeBool:
      return MTC_ELEMENT(uint8_t);
    case MTCDataTypeInt16:
      return MTC_ELEMENT(int16_t);
    case MTCDataTypeInt32:
      return MTC_ELEMENT(int32_t);
    case MTCDataTypeInt64:
      return MTC_ELEMENT(int64_t);
    case MTCDataTypeFloat16:
    case MTCDataTypeBFloat16:
      return NAN;
  }
  return NAN;
}

@end

@implementation MTCSignature

@synthesize name = _name;
@synthesize dataType = _dataType;
@synthesize shape = _shape;
@synthesize minimumShape = _minimumShape;
@synthesize maximumShape = _maximumShape;

- (instancetype)initWithSignature:(const mtc_signature*)signature {
  self = [super init];
  if (self != nil) {
    _name = [MTCString(signature->name) copy];
    _dataType = (MTCDataType)signature->dtype;
    _shape = [Numbers(signature->dims, signature->rank) copy];
    _minimumShape = [Numbers(signature->min_dims, signature->rank) copy];
    _maximumShape = [Numbers(signature->max_dims, signature->rank) copy];
  }
  return self;
}

- (void)dealloc {
  MTC_RELEASE(_name);
  MTC_RELEASE(_shape);
  MTC_RELEASE(_minimumShape);
  MTC_RELEASE(_maximumShape);
  MTC_SUPER_DEALLOC;
}

@end

MTCTensor* MTCTensorFrom(const mtc_tensor* tensor) {
  NSData* data = [NSData dataWithBytes:tensor->data length:tensor->size];
  MTCTensor* made = [[MTCTensor alloc] initWithData:data
                                              shape:Numbers(tensor->dims, tensor->rank)
                                           dataType:(MTCDataType)tensor->dtype];
  return MTC_AUTORELEASED(made);
}

BOOL MTCTensorTo(MTCTensor* tensor, mtc_tensor* out) {
  if (tensor.shape.count > MTC_MAX_RANK) return NO;
  memset(out, 0, sizeof(*out));
  out->data = (void*)tensor.data.bytes;  // the runtime only reads inputs
  out->size = tensor.data.length;
  out->dtype = (mtc_dtype)tensor.dataType;
  out->rank = (uint32_t)tensor.shape.count;
  for (uint32_t i = 0; i < out->rank; ++i) out->dims[i] = [tensor.shape objectAtIndex:i].longLongValue;
  return YES;
}

MTCSignature* MTCSignatureFrom(const mtc_signature* signature) {
  return MTC_AUTORELEASED([[MTCSignature alloc] initWithSignature:signature]);
}
