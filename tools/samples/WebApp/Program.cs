using WebApp;

// A web application over HTTP/1.1, HTTP/2 and HTTP/3 on one port: dotnet run, then open https://localhost:8443/.
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseHotQuic();
int port = builder.Configuration.GetValue("Port", 8443);
builder.WebHost.ConfigureKestrel(kestrel =>
{
    kestrel.Limits.MaxRequestBodySize = Transfers.MaxUpload;
    Certificates.Listen(kestrel, port);
});

WebApplication app = builder.Build();
Page.Map(app);
Transfers.Map(app);
Events.Map(app);
await app.RunAsync();
