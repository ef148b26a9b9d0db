package eventbridgepubsub

// EncodeDetail is encodeDetail.
var EncodeDetail = encodeDetail
