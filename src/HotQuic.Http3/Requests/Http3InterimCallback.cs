namespace HotQuic.Http3;

/// <summary>Is told of an interim response (1xx, RFC 9110 §15.2) to a request, on the thread that reads the response; it must not block.</summary>
/// <param name="status">Its status code, such as 103.</param>
/// <param name="fields">Its fields, good during the call only.</param>
public delegate void Http3InterimCallback(int status, Http3Fields fields);
