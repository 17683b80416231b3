using System.IO.Pipelines;
using System.Text;

namespace HotQuic.Kestrel.Tests.Transport;

/// <summary>Reads whole streams of ASCII.</summary>
internal static class Reading
{
    public static async Task<string> ReadToEndAsync(this PipeReader reader)
    {
        while (true)
        {
            ReadResult result = await reader.ReadAsync().OrFail();
            if (result.IsCompleted)
            {
                string text = Encoding.ASCII.GetString(result.Buffer);
                reader.AdvanceTo(result.Buffer.End);
                return text;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    public static async Task<string> ReadToEndAsync(this Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        return await reader.ReadToEndAsync().OrFail();
    }
}
