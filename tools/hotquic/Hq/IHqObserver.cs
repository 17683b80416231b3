namespace HotQuic.Tools.Hq;

/// <summary>Is told what happens while files are fetched; from several threads at once.</summary>
internal interface IHqObserver
{
    /// <summary>So many bytes of some file came.</summary>
    void OnBytes(int count);

    /// <summary>A file is there.</summary>
    void OnFetched(HqUrl url);

    /// <summary>A file will not be there, for this reason.</summary>
    void OnFailed(HqUrl url, string reason);
}
